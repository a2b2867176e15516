/* A bad sample: a file on no floor. LINT layers */
int lost;
