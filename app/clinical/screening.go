package clinical

import "time"

// QuestionKey is the stable key of a question that is asked before a treatment
// ("pregnant"). The questions themselves are a list of their own.
type QuestionKey string

// Answer is what was said to a question.
type Answer string

// The answers. What a patient does not know is an answer, too; a question without any has
// not been asked.
const (
	AnswerYes     Answer = "yes"
	AnswerNo      Answer = "no"
	AnswerUnknown Answer = "unknown"
)

// ScreeningAnswer is the answer to one question.
type ScreeningAnswer struct {
	Question QuestionKey
	Answer   Answer
	Note     string // as it was typed; may be empty
}

// Screening is what a patient has answered. It is immutable; a change is a new Revision
// under the same ID, and a new screening has an ID of its own.
type Screening struct {
	ID          ID
	Revision    int // from 1
	Replaces    int // the revision on which this one is based; 0: none
	Patient     ID
	ListVersion string            // of the list of questions
	Answers     []ScreeningAnswer // in the order in which they were asked, each question once
	By          Operator          // who asked, as they were then
	SavedAt     time.Time
}
