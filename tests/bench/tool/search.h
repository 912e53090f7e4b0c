#ifndef TESTS_BENCH_TOOL_SEARCH_H
#define TESTS_BENCH_TOOL_SEARCH_H

/* The highest rate at which something goes well, by halving: RFC 2544 section 26.1. */

/* Does it go well at RATE?  1 yes, 0 no, -1: give up the search. */
typedef int search_try(void *arg, double rate);

/* MAX is tried first, then the middle between the highest good and the lowest bad rate, until these
 * are at most STEP apart.  Returns the highest good rate tried, 0 if there was none, -1 if TRY gave
 * up. */
double search_highest(double max, double step, search_try *fn, void *arg);

#endif
