package alarm

import "time"

// Signal is what all occurrences come to for ear and eye.
type Signal struct {
	// Sound is the priority whose pattern sounds now; None is silence.
	Sound Priority
	// Serial is another one for each sound that starts anew.
	Serial uint64
	// Test says that a person asked for the sound.
	Test bool
	// PausedUntil is when the sound comes back; zero: it is not paused.
	PausedUntil time.Time

	// Shown is what the bar says; Any is false where there is nothing to say.
	Shown Occurrence
	Any   bool
	// More is how many others there are.
	More int
	// Flash says that the bar flashes at the rate of what is shown.
	Flash bool
}

// Paused says whether the sound is paused at a time.
func (s Signal) Paused(now time.Time) bool { return now.Before(s.PausedUntil) }

// Signal is the signal now. Its time may not run backwards: a pause that has
// ended stays so.
func (b *Book) Signal(now time.Time) Signal {
	b.settle(now, nil)
	s := Signal{Sound: b.sounding, Serial: b.serial, Test: b.test.priority != None, PausedUntil: b.pause.until}
	if all := b.sorted(); len(all) > 0 {
		s.Shown, s.Any, s.More = *all[0], true, len(all)-1
		s.Flash = !all[0].Acknowledged()
	}
	return s
}

// Pause silences what sounds for AudioPause. It does nothing where nothing
// sounds, so that nobody silences what is not there yet.
func (b *Book) Pause(now time.Time) {
	if p := b.loudest(); p != None {
		b.pause = pause{until: now.Add(AudioPause), level: p}
	}
	b.settle(now, nil)
}

// Resume ends a pause.
func (b *Book) Resume(now time.Time) {
	b.pause = pause{}
	b.settle(now, nil)
}

// Test lets one burst of a priority be heard, unless an alarm sounds or is
// paused: what sounds then is never a test.
func (b *Book) Test(p Priority, now time.Time) {
	b.settle(now, nil)
	if p < Low || p > High || b.loudest() != None {
		return
	}
	b.test = test{priority: p, until: now.Add(PatternOf(p).Length())}
	b.serial++
	b.sounding = p
}

// loudest is the highest priority that nobody has acknowledged.
func (b *Book) loudest() Priority {
	loudest := None
	for _, o := range b.present {
		if !o.Acknowledged() {
			loudest = max(loudest, o.Priority)
		}
	}
	return loudest
}

// settle works out what sounds. Fresh is an occurrence that has just begun, or
// nil: a pattern that is not repeated starts anew for it.
func (b *Book) settle(now time.Time, fresh *Occurrence) {
	loudest := b.loudest()
	if loudest == None || !now.Before(b.pause.until) {
		// A pause ends with its time, and with the last of what it silences: what
		// comes after that is heard.
		b.pause = pause{}
	}
	if loudest != None || !now.Before(b.test.until) {
		b.test = test{}
	}
	sound := loudest
	switch {
	case b.test.priority != None:
		sound = b.test.priority
	case !b.pause.until.IsZero():
		sound = None
	}
	again := fresh != nil && fresh.Priority == sound && !PatternOf(sound).Repeats()
	if sound != None && (sound != b.sounding || again) {
		b.serial++
	}
	b.sounding = sound
}
