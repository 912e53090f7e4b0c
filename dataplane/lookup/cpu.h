#ifndef DATAPLANE_LOOKUP_CPU_H
#define DATAPLANE_LOOKUP_CPU_H

/* Bodies for what the CPU has.  The product is compiled for a baseline that every x86-64 of the
 * last fifteen years runs; a loop that gains from AVX2 or AVX-512 is compiled for these as well,
 *and whoever makes a look-up takes the body for this machine's level:
 *
 *	static CPU_INLINE void body(..., unsigned n) { ... }
 *	CPU_BODIES(find_2, (const struct lookup *l, ...), body, (l, ..., 2));
 *	...
 *	l->find = find_2_bodies[cpu_level()];
 *
 * That is for plain C, of which the compiler makes something else for each level.  A body that
 * differs by intrinsics in its innermost functions is a file that is included for each level, after
 * `#define CPU_BODY avx2`; in it are functions CPU_BODY_NAME(f) with CPU_BODY_TARGET (lpm_find.c
 * shows it).  Elsewhere than on x86-64 all levels are the baseline. */

enum cpu_level {
	CPU_BASE,
	CPU_AVX2,   /* and BMI1, BMI2, LZCNT: x86-64-v3 */
	CPU_AVX512, /* F, BW, CD, DQ, VL: x86-64-v4 */
	CPU_N_LEVELS,
};

/* What this CPU and its kernel have, found out once; less if the environment's WEFT_CPU says `base`
 * or `avx2`.  Any thread. */
enum cpu_level cpu_level(void);
/* For tests: from now on at most MAX, if the CPU has that.  Returns what was taken. */
enum cpu_level cpu_level_limit(enum cpu_level max);
const char *cpu_level_name(enum cpu_level level);

#define CPU_INLINE inline __attribute__((always_inline))

#ifdef __x86_64__
#define CPU_TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define CPU_TARGET_AVX512                                                                          \
	__attribute__((                                                                            \
		target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt")))
#else
#define CPU_TARGET_AVX2
#define CPU_TARGET_AVX512
#endif
#define CPU_TARGET_base
#define CPU_TARGET_avx2	  CPU_TARGET_AVX2
#define CPU_TARGET_avx512 CPU_TARGET_AVX512

#define CPU_JOIN_(A, B)	    A##_##B
#define CPU_JOIN(A, B)	    CPU_JOIN_(A, B)
#define CPU_BODY_NAME(NAME) CPU_JOIN(NAME, CPU_BODY)
#define CPU_BODY_TARGET	    CPU_JOIN(CPU_TARGET, CPU_BODY)
/* { NAME_base, NAME_avx2, NAME_avx512 }, by level */
#define CPU_BODIES_OF(NAME)                                                                        \
	{                                                                                          \
		NAME##_base, NAME##_avx2, NAME##_avx512                                            \
	}

/* NAME_bodies[level]: functions of PARAMS that call BODY, an always-inline function, with ARGS.
 * Both are in parentheses. */
#define CPU_BODIES(NAME, PARAMS, BODY, ARGS)                                                       \
	static void NAME##_base PARAMS                                                             \
	{                                                                                          \
		BODY ARGS;                                                                         \
	}                                                                                          \
	static CPU_TARGET_AVX2 void NAME##_avx2 PARAMS                                             \
	{                                                                                          \
		BODY ARGS;                                                                         \
	}                                                                                          \
	static CPU_TARGET_AVX512 void NAME##_avx512 PARAMS                                         \
	{                                                                                          \
		BODY ARGS;                                                                         \
	}                                                                                          \
	static void(*const NAME##_bodies[CPU_N_LEVELS])                                            \
		PARAMS = { NAME##_base, NAME##_avx2, NAME##_avx512 }

#endif
