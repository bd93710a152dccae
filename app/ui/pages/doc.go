// Package pages connects the widgets to the treatment desk: each page draws a
// console.View and turns what a person does into one call of the desk. It
// decides nothing about limits, arming or the pen.
//
// Everything in it runs on the window's thread.
package pages
