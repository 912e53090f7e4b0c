#ifndef CONTROLLER_MODEL_SECURITY_GROUP_H
#define CONTROLLER_MODEL_SECURITY_GROUP_H

/* Security groups for the other files of the model. */

#include "controller/model/model_priv.h"
#include "proto/weft/v1/security_group.pb-c.h"

#define DEFAULT_GROUP_ID	 "default"
#define SECURITY_GROUP_MAX_RULES 4096

/* Made with each project; ports that name no group get it. */
extern const struct companion default_group;

/* NAME is to be one of CLASS, of OF's project (OF NULL: of any), and to exist or to be OF itself;
 * -1: ST names PATH. */
int group_check(struct model *m, const char *name, const struct resource_class *class,
		const char *of, const char *path, struct status *st);

/* The other ends of GROUP's N RULES at PATH are given once and exist; -1: ST tells. */
int security_group_check_remotes(struct model *m, const char *group,
				 Weft__V1__SecurityRule *const *rules, size_t n, const char *path,
				 struct status *st);

extern const struct api_method_handler security_group_methods[3]; /* rule_methods.c */

#endif
