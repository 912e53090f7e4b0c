#ifndef DATAPLANE_PORT_GUEST_MEMORY_H
#define DATAPLANE_PORT_GUEST_MEMORY_H

/* Survive guest memory that is not there.  Who shares its memory with us may tell a larger size
 * than its file has, or shorten the file later; touching what is missing raises SIGBUS, in a
 * worker or in librte_vhost's thread.  From the first call on, such a page reads as zeros
 * instead.  Any thread; may be called again. */
void guest_memory_guard(void);

/* Pages that were missing and replaced, since the start. */
unsigned guest_memory_n_missing(void);

#endif
