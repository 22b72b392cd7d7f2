#!/usr/bin/env node
// Starts the bundled command line, which the repository's `prepare` script (or the published package) puts in dist/.
import "../dist/pwk.mjs";
