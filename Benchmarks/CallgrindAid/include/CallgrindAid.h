// Nothing to call: the library is preloaded (LD_PRELOAD). A C target needs a header to be a module.
