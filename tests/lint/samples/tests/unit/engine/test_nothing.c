/* A bad sample: it tests no file. LINT names */
