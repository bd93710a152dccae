package clinical

import "time"

// FallBackReason is the stable name of why a pen that was armed, or about to
// be, went back to STANDBY. The window words it.
type FallBackReason string

// The reasons (safety.md section 2). After each of them a person has to look
// and to arm again; nothing resumes by itself.
const (
	FellByHand     FallBackReason = "by_hand"  // somebody pressed Disarm
	FellEnded      FallBackReason = "ended"    // the treatment was ended
	FellTip        FallBackReason = "tip"      // another tip, or none
	FellSettings   FallBackReason = "settings" // a value was changed or applied
	FellPatient    FallBackReason = "patient"  // another patient, or other identifiers of the same
	FellIndication FallBackReason = "indication"
	FellZone       FallBackReason = "zone"
	FellSkinType   FallBackReason = "skin_type"
	FellOperator   FallBackReason = "operator"
	FellLibrary    FallBackReason = "library"
	FellPolicy     FallBackReason = "policy"
	FellPage       FallBackReason = "page"      // the Treat page was left
	FellIdle       FallBackReason = "idle"      // neither trigger nor input for 60 s
	FellFocus      FallBackReason = "focus"     // the window lost the focus
	FellMinimised  FallBackReason = "minimised" // or was locked by the system
	FellLocked     FallBackReason = "locked"    // the screen lock
	FellSleep      FallBackReason = "sleep"     // the laptop goes to sleep
	FellAwoke      FallBackReason = "awoke"     // the laptop slept, or its clock jumped, without a word
	FellFrozen     FallBackReason = "frozen"    // the window did not move for too long
	FellLink       FallBackReason = "link"      // the link was lost; the pen that comes back is in STANDBY
	FellRecord     FallBackReason = "record"    // the record could not be written
	FellPen        FallBackReason = "pen"       // the pen itself left READY
	FellReview     FallBackReason = "review"    // what was reviewed does not hold any more
)

// FallBackReasons lists all of them.
func FallBackReasons() []FallBackReason {
	return []FallBackReason{
		FellByHand, FellEnded, FellTip, FellSettings, FellPatient, FellIndication, FellZone, FellSkinType, FellOperator, FellLibrary,
		FellPolicy, FellPage, FellIdle, FellFocus, FellMinimised, FellLocked, FellSleep, FellAwoke, FellFrozen, FellLink, FellRecord,
		FellPen, FellReview,
	}
}

// FallBack is one return to STANDBY.
type FallBack struct {
	At     time.Time
	Reason FallBackReason
}
