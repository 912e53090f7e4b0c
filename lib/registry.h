#ifndef LIB_REGISTRY_H
#define LIB_REGISTRY_H

/* Link-time registries: a file adds an object to a named set by stating so, and no list
 * elsewhere has to be edited.  The entries are constant pointers placed in one section per
 * set; nothing runs before main().  Members of static archives vanish, so programs link
 * objects. */

/* In the file that defines `static const struct SET OBJ`. */
#define REGISTRY_ADD(SET, OBJ)                                                                     \
	static const struct SET *const registry_##SET##_##OBJ                                      \
		__attribute__((used, section("reg_" #SET))) = &OBJ

/* Once, in the header that declares `struct SET`. */
#define REGISTRY_DECLARE(SET)                                                                      \
	extern const struct SET *const __start_reg_##SET[]                                         \
		__attribute__((weak, visibility("hidden")));                                       \
	extern const struct SET *const __stop_reg_##SET[]                                          \
		__attribute__((weak, visibility("hidden")))

/* for each `const struct SET *const *P`, in link order */
#define REGISTRY_FOREACH(P, SET)                                                                   \
	for (const struct SET *const *P = __start_reg_##SET; P < __stop_reg_##SET; P++)

#endif
