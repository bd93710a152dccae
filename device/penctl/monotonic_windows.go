package main

import "time"

// monotonic is 0: there is no simulated pen of a process of its own on Windows.
func monotonic() time.Duration { return 0 }
