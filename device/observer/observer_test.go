package observer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/protocol"
)

// scene tells an observer of an RF pen a story, in milliseconds.
type scene struct {
	t *testing.T
	o *Observer
	s Sample
}

const someArm = 0xA1

var someSettings = Settings{
	Depth: 1500, MaxDepth: 2000, Speed: 60, Power: 10_000, Duration: 100, SpotCap: 2_000_000, PulsesPerSpot: 2,
}

func newScene(t *testing.T) *scene {
	t.Helper()
	sc := &scene{t: t, o: New(Config{RF: true, RatedPower: 50_000, Retract: 150 * time.Millisecond, ContactSensor: true})}
	sc.s.Tip = true
	sc.o.Sample(sc.s)
	return sc
}

func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// to lets time pass with the outputs as they are, a sample each step.
func (sc *scene) to(at float64) *scene {
	for sc.s.At+step <= ms(at) {
		sc.s.At += step
		sc.o.Sample(sc.s)
	}
	return sc
}

// show changes what the instruments show, from now on.
func (sc *scene) show(change func(*Sample)) *scene {
	change(&sc.s)
	sc.o.Sample(sc.s)
	return sc
}

func (sc *scene) pull() *scene    { return sc.show(func(s *Sample) { s.Trigger = true }) }
func (sc *scene) release() *scene { return sc.show(func(s *Sample) { s.Trigger = false }) }
func (sc *scene) touch() *scene   { return sc.show(func(s *Sample) { s.Contact = true }) }
func (sc *scene) lift() *scene    { return sc.show(func(s *Sample) { s.Contact = false }) }
func (sc *scene) insert() *scene {
	return sc.show(func(s *Sample) { s.DepthUM, s.Moving = 1500, false })
}
func (sc *scene) retract() *scene { return sc.show(func(s *Sample) { s.DepthUM, s.Moving = 0, false }) }
func (sc *scene) rf(mw protocol.Milliwatts) *scene {
	return sc.show(func(s *Sample) { s.PowerMW = mw })
}

// treating is 200 ms into a permitted pull, at depth, leased until 450.
func treating(t *testing.T) *scene {
	sc := newScene(t)
	sc.to(100)
	sc.o.Armed(ms(100), ms(100), someArm, someSettings)
	sc.o.Lease(ms(150), someArm, ms(120))
	sc.to(160).touch().pull()
	sc.to(190).insert()
	sc.o.Lease(ms(200), someArm, ms(190))
	return sc.to(200)
}

// wants checks which rules were broken, in any order.
func (sc *scene) wants(rules ...Rule) {
	sc.t.Helper()
	list, _ := sc.o.Violations()
	var got []Rule
	for _, v := range list {
		if !slices.Contains(got, v.Rule) {
			got = append(got, v.Rule)
		}
	}
	slices.Sort(got)
	slices.Sort(rules)
	if !slices.Equal(got, rules) {
		sc.t.Errorf("broken %v, want %v\n%v", got, rules, list)
	}
}

// Each rule, just kept and just broken.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(*scene)
		rules []Rule
	}{
		{"a pulse as it should be", func(sc *scene) { sc.rf(10_000).to(299).rf(0).to(310).retract().to(400) }, nil},
		{"a little too strong", func(sc *scene) { sc.rf(10_150).to(250).rf(0) }, nil},
		{"too strong", func(sc *scene) { sc.rf(10_200).to(250).rf(0) }, []Rule{RulePower}},
		{"too long", func(sc *scene) { sc.rf(100).to(200).rf(1000).to(303).rf(0) }, []Rule{RuleDuration}},
		{"too deep for its RF", func(sc *scene) { sc.show(func(s *Sample) { s.DepthUM = 1545 }).rf(1000).to(210).rf(0) }, []Rule{RuleAtDepth, RuleDepth}},
		{"too shallow for its RF", func(sc *scene) { sc.show(func(s *Sample) { s.DepthUM = 1400 }).rf(1000).to(210).rf(0) }, []Rule{RuleAtDepth}},
		{"until the lease's clock ends", func(sc *scene) { sc.to(440).rf(5000).to(450).rf(0) }, nil},
		{"beyond it", func(sc *scene) { sc.to(440).rf(5000).to(450.3).rf(0) }, []Rule{RuleLease}},
		{"needle back by the motion limit", func(sc *scene) { sc.to(650).retract() }, nil},
		{"needle out beyond it", func(sc *scene) { sc.to(650.3).retract() }, []Rule{RuleNeedleLate}},
		{"trigger released, RF off", func(sc *scene) { sc.rf(5000).to(220).release().to(230).rf(0).to(370).retract() }, nil},
		{"trigger released, RF on", func(sc *scene) { sc.rf(5000).to(220).release().to(230.3).rf(0).retract() }, []Rule{RuleTrigger}},
		{"trigger released, needle out", func(sc *scene) { sc.to(220).release().to(371.3).retract() }, []Rule{RuleNeedleBack}},
		{"lifted", func(sc *scene) { sc.rf(5000).to(220).lift().to(230.3).rf(0).retract() }, []Rule{RuleContact}},
		{"stopped in time", func(sc *scene) { sc.rf(5000); sc.o.Stop(ms(210)); sc.to(220).rf(0).to(360).retract() }, nil},
		{"stopped late", func(sc *scene) { sc.rf(5000); sc.o.Stop(ms(210)); sc.to(220.4).rf(0).retract() }, []Rule{RuleStop}},
		{"needle late after a stop", func(sc *scene) { sc.o.Stop(ms(210)); sc.to(361.4).retract() }, []Rule{RuleNeedleStop}},
		{"disarmed", func(sc *scene) { sc.rf(5000); sc.o.Over(ms(210), someArm); sc.to(220.4).rf(0).retract() }, []Rule{RuleArmed}},
		{"another is disarmed", func(sc *scene) { sc.rf(5000); sc.o.Over(ms(210), 7); sc.to(240).rf(0).retract() }, nil},
		{"tip off", func(sc *scene) {
			sc.rf(5000).to(210).show(func(s *Sample) { s.Tip = false }).to(220.4).rf(0).retract()
		}, []Rule{RuleArmed}},
		{"third pulse of two", func(sc *scene) {
			for i := range 3 {
				sc.rf(1000).to(210 + float64(20*i)).rf(0).to(220 + float64(20*i))
			}
			sc.retract()
		}, []Rule{RulePulses}},
		{"a bounce is the same spot", func(sc *scene) {
			for i := range 3 {
				sc.rf(1000).to(205 + float64(40*i)).rf(0).lift().to(235 + float64(40*i)).touch().to(240 + float64(40*i))
			}
			sc.retract()
		}, []Rule{RulePulses}},
		{"says stopped while RF flows", func(sc *scene) { sc.rf(5000).to(205); sc.o.SaysStopped(ms(205), false); sc.to(206).rf(0) }, []Rule{RuleStopped}},
		{"says needle back while it is out", func(sc *scene) { sc.o.SaysStopped(ms(205), true); sc.to(206) }, []Rule{RuleStopped}},
		{"says needle back while its drive turns within the tip", func(sc *scene) {
			sc.to(210).release().retract().to(460)
			sc.o.Armed(ms(460), ms(460), 0xC, Settings{Duration: 100, Test: &Test{Quantity: protocol.QuantityDepth}})
			sc.o.Lease(ms(461), 0xC, ms(460))
			sc.to(470).pull().show(func(s *Sample) { s.Moving = true }).to(500)
			sc.o.Stop(ms(500))
			sc.o.SaysStopped(ms(501), true)
			sc.to(510).retract()
		}, nil},
		{"says armed in time", func(sc *scene) { sc.o.SaysArmed(ms(230), someArm); sc.to(240) }, nil},
		{"says armed behind its lease", func(sc *scene) { sc.to(449).retract().to(452); sc.o.SaysArmed(ms(452), someArm); sc.to(453) }, []Rule{RuleReady}},
		{"says armed under another", func(sc *scene) { sc.o.SaysArmed(ms(230), 7); sc.to(240) }, []Rule{RuleReady}},
		{"without supply", func(sc *scene) { sc.rf(5000); sc.o.Dark(ms(210)); sc.to(212).rf(0) }, []Rule{RuleDark}},
		{"a needle without supply is excused", func(sc *scene) { sc.o.Dark(ms(210)); sc.o.Boot(ms(600)); sc.to(750).retract() }, nil},
		{"the spot of a boot", func(sc *scene) {
			sc.o.Dark(ms(210))
			sc.o.Boot(ms(400))
			sc.to(410).release().retract().to(500)
			sc.o.Armed(ms(500), ms(500), 0xB, someSettings)
			sc.o.Lease(ms(510), 0xB, ms(505))
			sc.to(520).pull().to(530).insert().rf(1000).to(540).rf(0)
		}, []Rule{RuleSpotAtBoot}},
		{"a leak that is cut", func(sc *scene) {
			sc.to(210).release().retract().to(400)
			sc.o.Defect(ms(400), DefectLeak, true)
			sc.to(401).rf(2000).to(405.9).rf(0)
		}, nil},
		{"a leak that is not", func(sc *scene) {
			sc.to(210).release().retract().to(460)
			sc.o.Defect(ms(460), DefectLeak, true)
			sc.to(461).rf(2000).to(466.4).rf(0)
		}, []Rule{RuleTrigger, RuleAtDepth}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := treating(t)
			c.story(sc)
			sc.wants(c.rules...)
		})
	}
}

// What a defect excuses ends: RF that leaks is cut, and a needle that was held
// comes back once its drive has power.
func TestExcusesEnd(t *testing.T) {
	// leak is an idle pen whose tip is on the skin, needle out, from 400 ms on.
	leak := func(sc *scene) *scene {
		sc.to(210).release().to(220).retract().to(700)
		sc.o.Defect(ms(700), DefectLeak, true)
		return sc.to(701)
	}
	burst := func(sc *scene, n, on, off int) {
		for range n {
			sc.rf(2000).to(float64(sc.s.At/time.Millisecond) + float64(on)).rf(0).to(float64(sc.s.At/time.Millisecond) + float64(on+off))
		}
	}
	stall := func(sc *scene) *scene {
		sc.to(210)
		sc.o.Defect(ms(210), DefectDrive, true)
		return sc.release()
	}
	for _, c := range []struct {
		name  string
		story func(*scene)
		rules []Rule
	}{
		{"a leak until it is noticed", func(sc *scene) { burst(leak(sc), 1, 4, 6) }, nil},
		{"more than leaks", func(sc *scene) { leak(sc).rf(5000).to(702).rf(0) }, []Rule{RuleTrigger, RuleAtDepth}},
		{"a supply that did not fail", func(sc *scene) {
			sc.o.Defect(ms(210), DefectSupply, true)
			sc.o.Defect(ms(220), DefectSupply, false)
			sc.to(230).release().to(700).retract()
		}, []Rule{RuleNeedleBack}},
		{"a drive that stood, and defects that end without having begun", func(sc *scene) {
			stall(sc).to(400)
			for d := range defectCount {
				sc.o.Defect(ms(400), d, false)
			}
			sc.to(1500)
		}, nil},
		{"a leak that goes on", func(sc *scene) { leak(sc).rf(2000).to(800).rf(0) }, []Rule{RuleTrigger, RuleAtDepth}},
		{"a leak in bursts, each short enough", func(sc *scene) { burst(leak(sc), 20, 4, 6) }, []Rule{RuleTrigger, RuleAtDepth}},
		{"a leak, and again after a boot", func(sc *scene) {
			burst(leak(sc), 2, 4, 6)
			sc.o.Dark(sc.s.At)
			sc.to(1000)
			sc.o.Boot(ms(1000))
			sc.to(1010)
			burst(sc, 2, 4, 6)
		}, nil},
		{"a leak behind a stop has the time of the stop", func(sc *scene) {
			sc.rf(5000).to(205)
			sc.o.Defect(ms(205), DefectLeak, true)
			sc.o.Stop(ms(210))
			sc.to(220.4).rf(0).retract()
		}, []Rule{RuleStop}},
		{"a leak on the way in", func(sc *scene) {
			sc.o.Defect(ms(200), DefectLeak, true)
			sc.show(func(s *Sample) { s.DepthUM = 800 }).rf(2000).to(206).rf(0).retract()
		}, []Rule{RuleAtDepth}},
		{"a leak without supply", func(sc *scene) {
			leak(sc)
			sc.o.Dark(ms(702))
			sc.to(704).rf(2000).to(705).rf(0)
		}, []Rule{RuleTrigger, RuleAtDepth}},
		{"a leak that the supply ends", func(sc *scene) {
			leak(sc)
			sc.to(702).rf(2000).to(704)
			sc.o.Dark(ms(704.1))
			sc.to(704.9).rf(0).to(720)
		}, nil},
		{"a leak at a boot that is told late", func(sc *scene) {
			leak(sc)
			sc.o.Dark(ms(702))
			sc.to(1002).rf(2000).to(1006).rf(0).to(1500)
			sc.o.Boot(ms(1002))
			sc.to(1510)
		}, nil},
		{"a leak at such a boot is no pulse on the spot", func(sc *scene) {
			sc.rf(1000).to(205).rf(0).to(210).rf(1000).to(215).rf(0).to(220)
			sc.o.Dark(ms(220))
			sc.o.Defect(ms(300), DefectLeak, true)
			sc.to(520).rf(2000).to(524).rf(0).to(600)
			sc.o.Boot(ms(520))
			sc.to(660).retract()
		}, nil},
		{"a leak that goes on from there", func(sc *scene) {
			leak(sc)
			sc.o.Dark(ms(702))
			sc.to(1002).rf(2000).to(1010).rf(0)
		}, []Rule{RuleTrigger, RuleAtDepth}},
		{"a leak before a pulse and behind it", func(sc *scene) {
			sc.o.Defect(ms(200), DefectLeak, true)
			sc.rf(2000).to(203).rf(10_000).to(303).rf(2000).to(306.9).rf(0).retract()
		}, nil},
		{"a leak that makes a pulse longer still", func(sc *scene) {
			sc.o.Defect(ms(200), DefectLeak, true)
			sc.rf(2000).to(203).rf(10_000).to(303).rf(2000).to(312.5).rf(0).retract()
		}, []Rule{RuleDuration}},
		{"pulses while it leaks are pulses", func(sc *scene) {
			sc.o.Defect(ms(200), DefectLeak, true)
			burst(sc, 3, 10, 10)
			sc.retract()
		}, []Rule{RulePulses}},
		{"an amplifier that is whole again decays", func(sc *scene) {
			sc.o.Defect(ms(200), DefectAmplifierHigh, true)
			sc.rf(13_000).to(250)
			sc.o.Defect(ms(250), DefectAmplifierHigh, false)
			sc.to(250.8).rf(10_000).to(280).rf(0).retract()
		}, nil},
		{"an amplifier that is whole again and gives too much", func(sc *scene) {
			sc.o.Defect(ms(200), DefectAmplifierHigh, true)
			sc.rf(13_000).to(220)
			sc.o.Defect(ms(220), DefectAmplifierHigh, false)
			sc.to(222).rf(0).retract()
		}, []Rule{RulePower}},
		{"an overrun in a pulse", func(sc *scene) {
			sc.rf(5000).to(210)
			sc.o.Defect(ms(210), DefectOverrun, true)
			sc.show(func(s *Sample) { s.DepthUM = 1800 }).to(250).rf(0).retract()
		}, nil},
		{"a pulse in an overrun", func(sc *scene) {
			sc.o.Defect(ms(200), DefectOverrun, true)
			sc.show(func(s *Sample) { s.DepthUM = 1800 }).to(210).rf(5000).to(220).rf(0).retract()
		}, []Rule{RuleAtDepth}},
		{"a pulse beside its depth while the drive stands", func(sc *scene) {
			sc.o.Defect(ms(200), DefectDrive, true)
			sc.show(func(s *Sample) { s.DepthUM = 1000 }).to(210).rf(5000).to(220).rf(0).retract()
		}, []Rule{RuleAtDepth}},
		{"a needle that stands", func(sc *scene) { stall(sc).to(5000) }, nil},
		{"a drive that turns again comes home", func(sc *scene) {
			stall(sc).to(600)
			sc.o.Defect(ms(600), DefectDrive, false)
			sc.to(700)
			sc.o.Cleared(ms(700))
			sc.to(710).show(func(s *Sample) { s.DepthUM, s.Moving = 1400, true }).to(850).retract().to(1000)
		}, nil},
		{"a drive that turns and does not come home", func(sc *scene) {
			stall(sc).to(600)
			sc.o.Defect(ms(600), DefectDrive, false)
			sc.to(610).show(func(s *Sample) { s.DepthUM, s.Moving = 1400, true }).to(770)
		}, []Rule{RuleNeedleBack}},
		{"a needle that goes out while it should come home", func(sc *scene) {
			stall(sc).to(600)
			sc.o.Defect(ms(600), DefectDrive, false)
			sc.to(610).show(func(s *Sample) { s.DepthUM, s.Moving = 1510, true }).to(611).retract()
		}, []Rule{RuleNeedleBack}},
		{"a needle that stays out behind CLEAR", func(sc *scene) {
			stall(sc).to(600)
			sc.o.Defect(ms(600), DefectDrive, false)
			sc.o.Cleared(ms(700))
			sc.to(852)
		}, []Rule{RuleNeedleBack}},
		{"a needle that a boot could not take back", func(sc *scene) {
			stall(sc).to(800)
			sc.o.Defect(ms(800), DefectDrive, false)
			sc.to(810)
			sc.o.Boot(ms(600)) // told late
			sc.to(1500)
		}, nil},
		{"a cam that stood within the tip turns once more", func(sc *scene) {
			stall(sc).show(func(s *Sample) { s.DepthUM = 11 }).to(600)
			sc.o.Defect(ms(600), DefectDrive, false)
			sc.o.Cleared(ms(700))
			sc.to(701).show(func(s *Sample) { s.Moving = true }).to(760).retract().to(1000)
		}, nil},
		{"a needle that goes out without permission behind a stall that did not meet it", func(sc *scene) {
			sc.to(210).release().to(230).retract().to(700)
			sc.o.Defect(ms(700), DefectDrive, true)
			sc.to(900)
			sc.o.Defect(ms(900), DefectDrive, false)
			sc.to(910).show(func(s *Sample) { s.Moving = true }).to(911).retract()
		}, []Rule{RuleNeedleBack}},
		{"a needle that stays out behind a stall too short for FAULT", func(sc *scene) {
			stall(sc).to(240)
			sc.o.Defect(ms(240), DefectDrive, false)
			sc.to(392)
		}, []Rule{RuleNeedleBack}},
		{"a needle that stays out behind a boot", func(sc *scene) {
			sc.o.Dark(ms(210))
			sc.o.Boot(ms(600))
			sc.to(752)
		}, []Rule{RuleNeedleBack}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := treating(t)
			c.story(sc)
			sc.wants(c.rules...)
		})
	}
}

// At rest a pen shows nothing: what leaks then has its time from where it begins,
// and is no part of the pulse before.
func TestLeakOutOfRest(t *testing.T) {
	sc := treating(t)
	sc.rf(10_000).to(220).release().to(220.3).rf(0).to(221).retract()
	sc.s.At = ms(900)
	sc.o.Defect(sc.s.At, DefectLeak, true)
	sc.rf(2000).to(904.9).rf(0).to(920)
	sc.wants()
	if d := sc.o.Deliveries(); len(d) != 2 || d[0].End > ms(221) {
		t.Errorf("deliveries %v", d)
	}
}

// A stamp that a drive held up is no measure for the next.
func TestIntervalBehindAStall(t *testing.T) {
	for _, stalls := range []bool{true, false} {
		sc := newScene(t)
		set := someSettings
		set.Speed = 600 // a stamp each 100 ms
		sc.o.Armed(ms(100), ms(100), someArm, set)
		sc.o.Lease(ms(100), someArm, ms(100))
		sc.to(110).touch().pull().to(130)
		if stalls {
			sc.o.Defect(ms(130), DefectDrive, true)
			sc.to(160)
			sc.o.Defect(ms(160), DefectDrive, false)
		}
		sc.to(165).insert().to(175).retract().to(240).insert().to(250).retract()
		if stalls {
			sc.wants()
		} else {
			sc.wants(RuleSpeed)
		}
	}
}

// What is needed before anything may come out, each missing in turn.
func TestNothingWithoutEverything(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(*scene)
		rules []Rule
	}{
		{"not armed", func(sc *scene) { sc.pull().to(105).rf(5000) }, []Rule{RuleArmed}},
		{"a needle that is out and was never armed", func(sc *scene) { sc.insert().to(200) }, []Rule{RuleNeedle}},
		{"not leased", func(sc *scene) {
			sc.o.Armed(ms(101), ms(101), someArm, someSettings)
			sc.to(110).touch().pull().to(120).insert().rf(5000)
		}, []Rule{RuleLease, RuleNeedle}},
		{"leased for another", func(sc *scene) {
			sc.o.Armed(ms(101), ms(101), someArm, someSettings)
			sc.o.Lease(ms(102), 7, ms(101))
			sc.to(110).touch().pull().to(120).insert().rf(5000)
		}, []Rule{RuleLease, RuleNeedle}},
		{"leased from the future", func(sc *scene) {
			sc.o.Armed(ms(101), ms(101), someArm, someSettings)
			sc.o.Lease(ms(102), someArm, ms(109))
			sc.to(110).touch().pull().to(120).insert().rf(5000)
		}, []Rule{RuleLease, RuleNeedle}},
		{"leased when the lease was over", func(sc *scene) {
			sc.o.Armed(ms(101), ms(101), someArm, someSettings)
			sc.o.Lease(ms(352), someArm, ms(350))
			sc.to(360).touch().pull().to(370).insert().rf(5000)
		}, []Rule{RuleLease, RuleNeedle}},
		{"leased with an echo that is stale", func(sc *scene) {
			sc.o.Armed(ms(400), ms(400), someArm, someSettings)
			sc.o.Lease(ms(402), someArm, ms(100))
			sc.to(410).touch().pull().to(420).insert().rf(5000)
		}, []Rule{RuleLease, RuleNeedle}},
		{"pulled before", func(sc *scene) {
			sc.touch().pull().to(150)
			sc.o.Armed(ms(150), ms(150), someArm, someSettings)
			sc.o.Lease(ms(151), someArm, ms(150))
			sc.to(160).insert().rf(5000)
		}, []Rule{RuleArmBlocked, RulePull}},
		{"a lease that came before the word READY", func(sc *scene) {
			sc.o.Lease(ms(103), someArm, ms(102))
			sc.o.Armed(ms(104), ms(101), someArm, someSettings)
			sc.to(110).touch().pull().to(120).insert().rf(5000).to(130).rf(0)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := newScene(t)
			sc.to(100)
			c.story(sc)
			sc.wants(c.rules...)
		})
	}
}

// The dose of a spot goes on through another arming, and ends with a lift of
// 100 ms.
func TestDoseOfASpot(t *testing.T) {
	for _, c := range []struct {
		name  string
		lift  float64
		rules []Rule
	}{
		{"lifted too shortly", 99, []Rule{RuleDose}},
		{"lifted for long enough", 100, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := newScene(t)
			set := someSettings
			set.SpotCap = 1_000_000 // µJ: one pulse of 10 W for 100 ms
			sc.to(100).touch()
			pulse := func(id uint32, at float64) {
				sc.o.Armed(ms(at), ms(at), id, set)
				sc.o.Lease(ms(at+1), id, ms(at))
				sc.to(at + 2).pull().insert().rf(10_000).to(at + 102).rf(0).retract().release().to(at + 103)
			}
			pulse(1, 200)
			sc.lift().to(303 + c.lift).touch()
			pulse(2, 500)
			sc.wants(c.rules...)
			sc.to(700)
			if d := sc.o.Deliveries(); len(d) != 2 || d[0].Energy != 1_000_000 || d[0].ArmID != 1 || d[1].ArmID != 2 {
				t.Errorf("deliveries %+v", d)
			}
		})
	}
}

// A SERVICE output: one quantity, its load, its time.
func TestServiceOutput(t *testing.T) {
	power := Settings{Power: 5000, Duration: 50, Test: &Test{Quantity: protocol.QuantityPower, Load: 200}}
	depth := Settings{Depth: 1000, MaxDepth: 1000, Duration: 50, Test: &Test{Quantity: protocol.QuantityDepth}}
	for _, c := range []struct {
		name  string
		set   Settings
		story func(*scene)
		rules []Rule
	}{
		{"power into its load", power, func(sc *scene) { sc.rf(5000).to(170).rf(0) }, nil},
		{"power that leaks behind its time", power, func(sc *scene) {
			sc.rf(5000).to(160)
			sc.o.Defect(ms(168), DefectLeak, true)
			sc.to(170).rf(2000).to(174.9).rf(0)
		}, nil},
		{"power that leaks for too long", power, func(sc *scene) {
			sc.rf(5000).to(160)
			sc.o.Defect(ms(168), DefectLeak, true)
			sc.to(170).rf(2000).to(185).rf(0)
		}, []Rule{RuleTestTime, RuleDuration, RuleEnergy}},
		{"power for too long", power, func(sc *scene) { sc.rf(5000).to(175).rf(0) }, []Rule{RuleTestTime, RuleDuration, RuleEnergy}},
		{"the load comes off", power, func(sc *scene) {
			sc.rf(5000).to(130).show(func(s *Sample) { s.LoadOhm = 0 }).to(140.3).rf(0)
		}, []Rule{RuleLoad}},
		{"the load is another", power, func(sc *scene) {
			sc.show(func(s *Sample) { s.LoadOhm = 230 }).to(140).rf(5000).to(150).rf(0)
		}, []Rule{RuleLoad}},
		{"a needle with power", power, func(sc *scene) { sc.insert().to(125).retract() }, []Rule{RuleQuantity, RuleDepth}},
		{"depth", depth, func(sc *scene) { sc.show(func(s *Sample) { s.DepthUM = 1000 }).to(170).retract() }, nil},
		{"RF with depth", depth, func(sc *scene) { sc.show(func(s *Sample) { s.DepthUM = 1000 }).rf(1000).to(121).rf(0).retract() }, []Rule{RuleQuantity, RulePower, RuleEnergy}},
		{"depth for too long", depth, func(sc *scene) { sc.show(func(s *Sample) { s.DepthUM = 1000 }).to(325).retract() }, []Rule{RuleTestTime}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := newScene(t)
			sc.to(90).show(func(s *Sample) { s.LoadOhm = 200 }).to(100)
			sc.o.Armed(ms(100), ms(100), someArm, c.set)
			sc.o.Lease(ms(110), someArm, ms(105))
			sc.to(120).pull()
			c.story(sc)
			sc.wants(c.rules...)
		})
	}
}

// What a busy computer delays is no fault of the pen.
func TestLateness(t *testing.T) {
	sc := treating(t)
	sc.rf(5000)
	sc.o.Stop(ms(210))
	sc.s.Late = 30 * time.Millisecond
	sc.to(240).rf(0).retract()
	sc.wants()
}

// An observer is called ten thousand times in a second of treatment.
func TestSampleAllocatesNothing(t *testing.T) {
	sc := treating(t)
	sc.rf(5000)
	if n := testing.AllocsPerRun(100, func() { sc.to(float64(sc.s.At/time.Millisecond) + 0.5) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Who looks through the handpiece sees RF a moment later than the line says that
// it is off: only a look behind STOPPED can speak against it.
func TestStoppedSeenCoarsely(t *testing.T) {
	for _, tc := range []struct {
		name string
		off  float64 // ms at which the looks see RF off
		next float64 // ms of the first look behind STOPPED
		want int
	}{
		{"off at the next look", 215, 215, 0},
		{"looked at much later", 400, 400, 0},
		{"never off", 1000, 206, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := New(Config{RF: true, RatedPower: 50_000, Retract: 150 * time.Millisecond, ContactSensor: true, Coarse: true, Lag: 60 * time.Millisecond})
			look := func(at float64) {
				s := Sample{At: ms(at), Tip: true, Contact: true, Trigger: true}
				if at >= 100 && at < tc.off {
					s.PowerMW = 50_000
				}
				o.Sample(s)
			}
			for at := 0.0; at <= 204; at += 2 {
				look(at)
			}
			o.SaysStopped(ms(205), false)
			for at := tc.next; at < 500; at += 2 {
				look(at)
			}
			list, _ := o.Violations()
			got := 0
			for _, v := range list {
				if v.Rule == RuleStopped {
					got++
				}
			}
			if got != tc.want {
				t.Errorf("%d violations of %s, want %d: %v", got, RuleStopped, tc.want, list)
			}
		})
	}
}

// The first violation comes with what the observer was told before it, so that a
// run that is not the same twice can still be understood.
func TestViolationSaysWhatWasTold(t *testing.T) {
	sc := newScene(t)
	sc.o.Defect(ms(5), DefectDrive, true)
	sc.o.Stop(ms(20))
	sc.to(40).rf(5000).to(60).rf(0).to(100).rf(5000).to(120)
	list, _ := sc.o.Violations()
	if len(list) < 2 {
		t.Fatalf("violations %v", list)
	}
	told := strings.Join(list[0].Told, "\n")
	if !strings.Contains(told, "defect begins 1 of 5ms") || !strings.Contains(told, "ESTOP 0 of 20ms") || !strings.Contains(told, "PowerMW:") {
		t.Errorf("told:\n%s", told)
	}
	if list[1].Told != nil {
		t.Error("each violation says it again")
	}
}

// A needling pen that was never armed has no needle out, however it came there.
func TestNeedleOfAPenThatWasNeverArmed(t *testing.T) {
	sc := &scene{t: t, o: New(Config{Retract: 200 * time.Millisecond})}
	sc.to(100).show(func(s *Sample) { s.DepthUM = 500 }).to(900)
	sc.wants(RuleNeedle)
}
