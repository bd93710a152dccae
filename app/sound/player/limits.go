package player

import "time"

// The times of the player, each with its reason.
const (
	// openLimit is how long a sound device may take until it has played its first
	// frames. A sound server that has to be started takes about a second.
	openLimit = 5 * time.Second
	// aliveEvery is how often the child says that its device takes frames.
	aliveEvery = 250 * time.Millisecond
	// aliveLimit is the silence after which a child counts as hanging.
	aliveLimit = 8 * aliveEvery
	// retryEvery is how long the player waits until it tries again: often enough
	// that a headset that was plugged in is used before the next patient, seldom
	// enough to cost nothing.
	retryEvery = 10 * time.Second
	// closeLimit is how long a child may take to end by itself before it is
	// killed.
	closeLimit = time.Second
	// paceFrom is for how long the pace of a device is looked at before it is
	// judged, and paceMost by how much it may take frames faster than time goes:
	// one that just swallows them is no loudspeaker.
	paceFrom = time.Second
	paceMost = 3
	// lineMost bounds a line between the processes, in bytes.
	lineMost = 512
)
