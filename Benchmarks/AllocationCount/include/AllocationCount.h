// Nothing to call: the library is preloaded (LD_PRELOAD) and counts by itself. A C target needs a header to be a module.
