package app

// refusal is an error that stands for one decision. Code is the word by which the
// window finds its sentence.
type refusal struct{ code, text string }

func (e *refusal) Error() string { return e.text }

// Code is the stable word for the decision.
func (e *refusal) Code() string { return e.code }
