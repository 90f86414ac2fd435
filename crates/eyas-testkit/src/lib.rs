//! Test tools for eyas: frame scripts, an independent codec, a splitting pipe, a simulated clock
