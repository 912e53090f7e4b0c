/* What the CPU has (cpu.h). */

#include "dataplane/lookup/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[CPU_N_LEVELS] = { "base", "avx2", "avx512" };
static int limited = -1; /* the level that is used; -1: not known yet */

static enum cpu_level detect(void)
{
#ifdef __x86_64__
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
	    !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt"))
		return CPU_BASE;
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vl"))
		return CPU_AVX2;
	return CPU_AVX512;
#else
	return CPU_BASE;
#endif
}

static enum cpu_level asked_for(void)
{
	const char *text = getenv("WEFT_CPU");

	for (int level = 0; text && level < CPU_N_LEVELS; level++)
		if (strcmp(text, names[level]) == 0)
			return level;
	return CPU_AVX512;
}

enum cpu_level cpu_level_limit(enum cpu_level max)
{
	enum cpu_level has = detect(), level = has < max ? has : max;

	__atomic_store_n(&limited, level, __ATOMIC_RELAXED);
	return level;
}

enum cpu_level cpu_level(void)
{
	int level = __atomic_load_n(&limited, __ATOMIC_RELAXED);

	return level < 0 ? cpu_level_limit(asked_for()) : (enum cpu_level)level;
}

const char *cpu_level_name(enum cpu_level level)
{
	return names[level];
}
