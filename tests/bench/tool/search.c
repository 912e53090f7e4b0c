#include "tests/bench/tool/search.h"

double search_highest(double max, double step, search_try *fn, void *arg)
{
	double good = 0, bad = max;
	int rc = fn(arg, max);

	if (rc != 0)
		return rc < 0 ? -1 : max;
	while (bad - good > step) {
		double rate = (good + bad) / 2;

		rc = fn(arg, rate);
		if (rc < 0)
			return -1;
		if (rc)
			good = rate;
		else
			bad = rate;
	}
	return good;
}
