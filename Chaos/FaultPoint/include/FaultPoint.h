// Only preloaded: nothing is called by name.
