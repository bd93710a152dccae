package console

// RekeyView is how far the store is in being sealed anew under new keys, after somebody
// who knew the old ones was removed. Of is 0 while that is not going on.
type RekeyView struct {
	Done, Of int64 // values
}

// Rekeyed tells how far a re-key is.
func (d *Desk) Rekeyed(done, of int64) { d.post(func() { d.rekey = RekeyView{done, of} }) }
