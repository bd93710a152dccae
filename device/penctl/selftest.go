package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"stipple/device"
	"stipple/protocol"
)

// testShape is the newest result of one test.
type testShape struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Value  int32  `json:"value"`
	Unit   string `json:"unit"` // "" for a yes or no: 0 is well
}

// selftestShape is what a pen's tests since its boot came to.
type selftestShape struct {
	Type   string      `json:"type"` // "selftest"
	Serial string      `json:"serial"`
	PenUS  uint64      `json:"pen_us"` // when the newest ended; 0: none since boot
	Passed bool        `json:"passed"` // all that were done
	Tests  []testShape `json:"tests"`
}

func selftestCommand() command {
	return command{
		name: "selftest", group: groupService, args: "[--port P] --role R [--tests NAMES] [--json] | --report [--port P] [--json]",
		does: "has a pen test itself and says what it measured; nothing comes out of the tip. A test that\n" +
			"fails is exit 1 and latches FAULT. --report only shows the newest results, those at boot included",
		examples: []string{
			"penctl selftest --port /tmp/pen --role technician",
			"penctl selftest --port /tmp/pen --role technician --tests battery,drive --json",
			"penctl selftest --port /tmp/pen --report",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			names := fs.String("tests", "", "only these: `names` with commas between; empty: all that the pen has")
			report := fs.Bool("report", false, "run nothing")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				tests, err := testsNamed(*names)
				if err != nil {
					return err
				}
				var as protocol.Role
				switch {
				case *report && *names != "":
					return usageOf("tests", "--tests with --report: nothing is run")
				case !*report:
					if as, err = roleFor(*role, protocol.TypeSelfTest); err != nil {
						return err
					}
				}
				s, err := c.openAs(ctx, *port, as)
				if err != nil {
					return err
				}
				return closeAfter(s, c.selftest(ctx, s, tests, *report))
			}
		},
	}
}

// testsNamed reads a list of tests; none is all.
func testsNamed(list string) (protocol.Tests, error) {
	all := (protocol.Tests(1)<<protocol.TestCount - 1).Names()
	var tests protocol.Tests
	for name := range strings.SplitSeq(list, ",") {
		found := name == "" && list == ""
		for i, n := range all {
			if n == name {
				tests |= 1 << i
				found = true
			}
		}
		if !found {
			return 0, usageOf("tests", "no test %q; there are %s", name, strings.Join(all, ", "))
		}
	}
	return tests, nil
}

func (c console) selftest(ctx context.Context, s *device.Session, tests protocol.Tests, only bool) error {
	var report protocol.SelfTestReport
	var err error
	if only {
		report, err = s.SelfTestReport(ctx)
	} else {
		report, err = s.SelfTest(ctx, tests)
	}
	if err != nil {
		return err
	}
	shape := shapeSelftest(s.Info().Serial, report)
	if err := c.printSelftest(shape); err != nil {
		return err
	}
	if failed := report.Done &^ report.Passed; failed != 0 {
		return &failure{exit: exitRefused, text: "failed: " + strings.Join(failed.Names(), ", ")}
	}
	return nil
}

// testUnits are the units of the tests' readings, in bit order; "" is a yes or
// no.
func testUnits() [protocol.TestCount]string {
	return [protocol.TestCount]string{"cells", "", "ppm", "mv", "pct", "", "um", "", "cdegc", "mw", "ohm"}
}

func shapeSelftest(serial string, r protocol.SelfTestReport) selftestShape {
	shape := selftestShape{Type: "selftest", Serial: serial, PenUS: uint64(r.Clock), Passed: r.Done == r.Passed, Tests: []testShape{}}
	for _, reading := range r.Readings {
		t := protocol.Tests(1) << reading.Test
		one := testShape{Name: fmt.Sprintf("test_%d", reading.Test), Passed: r.Passed&t != 0, Value: reading.Value}
		if int(reading.Test) < protocol.TestCount {
			one.Name, one.Unit = t.Names()[0], testUnits()[reading.Test]
		}
		shape.Tests = append(shape.Tests, one)
	}
	return shape
}

// testWords is a reading for a person.
func testWords(t testShape) string {
	switch u := units(t.Unit); {
	case u.mark != "":
		return signed(int64(t.Value), u).text
	case t.Unit == "mv":
		return fmt.Sprintf("%d.%03d V", t.Value/1000, t.Value%1000)
	}
	return fmt.Sprintf("%d %s", t.Value, t.Unit)
}

func (c console) printSelftest(s selftestShape) error {
	if c.json {
		return c.print(s)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "pen %s, %d tests", s.Serial, len(s.Tests))
	for _, t := range s.Tests {
		word := "passed"
		if !t.Passed {
			word = "FAILED"
		}
		fmt.Fprintf(&b, "\n  %-12s %s", t.Name, word)
		if t.Unit != "" {
			fmt.Fprintf(&b, "  %s", testWords(t))
		}
	}
	return c.line("%s", b.String())
}
