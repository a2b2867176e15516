/* A good sample: conn.c is there. */
