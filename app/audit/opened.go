package audit

// Opened is an entry as one sign-in sees it.
type Opened struct {
	Entry
	Head Head // of the chain at this entry
	// Private is what the sign-in can open of the private part; it hides that of Entry.
	Private []Change
	Sealed  error // why the private part can't be opened: no patient key, or erased
	// Broken is why nothing but Seq is known: what is stored does not hold, or does not
	// open. Chain.Verify says what was done to it.
	Broken error
}
