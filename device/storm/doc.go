// Package storm is a console that has gone mad. For as long as it is told to it
// treats with a simulated pen, and between its proper frames sends mutated,
// reordered, repeated, forged and recorded ones and floods, while a hand pulls
// the trigger. It judges nothing: package observer does, on the pen's outputs.
//
// Everything it does is drawn from a seed. It goes by the time of package time,
// in which it may be real or virtual.
//
// Goroutines: Run starts two, the reader of the line and the hand. Both end
// before Run returns.
package storm
