// Package turns makes the threads of a program give way quickly: one that has
// been woken, such as by STOP, does not wait for the scheduler's usual 3 ms behind
// those that draw. It starts no goroutine.
package turns
