// Package assets carries the files that travel inside the program: the limit
// library, icons, fonts and the table of known pens. It embeds them and does
// nothing else: no parsing, no state, no choice. Every value is read-only, so
// any number of goroutines may use it.
package assets
