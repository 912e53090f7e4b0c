# make install: programs, man pages, units, configuration, completion and samples.

SYSCONFDIR   ?= /etc
UNITDIR      ?= /lib/systemd/system
install_man   = $(wildcard docs/man/*.[1-8])
install_conf := configs/weft-dataplane.conf configs/weft-controller.conf
install_compl := weft weft-bench
install_unit := $(wildcard configs/systemd/*.service)
dest_bin      = $(DESTDIR)$(PREFIX)/bin
dest_man      = $(DESTDIR)$(PREFIX)/share/man
dest_doc      = $(DESTDIR)$(PREFIX)/share/doc/weft
dest_compl    = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
dest_conf     = $(DESTDIR)$(SYSCONFDIR)/weft

.PHONY: install uninstall
# A configuration that is there already stays; the new one is put beside it.
install: programs ## programs, man pages, units, configuration (DESTDIR, PREFIX)
	$(Q)install -d $(dest_bin) $(dest_compl) $(dest_doc) $(dest_conf) $(DESTDIR)$(UNITDIR)
	$(Q)install -m 755 $(programs:%=$(BUILD)/bin/%) $(dest_bin)
	$(Q)for m in $(install_man); do install -D -m 644 $$m $(dest_man)/man$${m##*.}/$${m##*/} || exit 1; done
	$(Q)for c in $(install_conf); do to=$(dest_conf)/$${c##*/}; \
	    if [ -e $$to ] && ! cmp -s $$c $$to; then to=$$to.new; fi; install -m 644 $$c $$to || exit 1; done
	$(Q)for u in $(install_unit); do sed 's|@PREFIX@|$(PREFIX)|' $$u >$(DESTDIR)$(UNITDIR)/$${u##*/} && \
	    chmod 644 $(DESTDIR)$(UNITDIR)/$${u##*/} || exit 1; done
	$(Q)for c in $(install_compl); do install -m 644 configs/completion/$$c.bash $(dest_compl)/$$c || exit 1; done
	$(Q)install -m 644 README.md configs/libvirt/*.xml $(dest_doc)
	@echo "  INSTALL $(programs) into $(dest_bin); configuration in $(dest_conf)"

uninstall: ## remove what install put there, but the configuration
	$(Q)rm -f $(programs:%=$(dest_bin)/%) $(install_compl:%=$(dest_compl)/%) \
	    $(foreach m,$(install_man),$(dest_man)/man$(subst .,,$(suffix $m))/$(notdir $m)) \
	    $(install_unit:configs/systemd/%=$(DESTDIR)$(UNITDIR)/%)
	$(Q)rm -rf $(dest_doc)
