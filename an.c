#include "ta.h"
struct t { int a; struct { } e; int d; };
TA_DERIVE(t, struct t, a, d);
