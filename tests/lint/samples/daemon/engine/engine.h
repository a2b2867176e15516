/* A good sample: what the shell may see of the engine. */
