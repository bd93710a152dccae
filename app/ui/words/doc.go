// Package words holds every sentence that the window shows, and turns errors,
// dates, counts and amounts into words for people.
//
// The one idea is a catalogue: a page asks for a key, never writes a sentence,
// so that another language is one more table. [Words.Error] is the only place
// of the program that words an error: what happened, what was kept, and what
// to do next.
//
// A *Words never changes after it was made; any number of goroutines may use
// it. The package reads no clock and no file, decides nothing, and never hides
// an error that it does not know: the text of such an error is shown as it is.
package words
