package console_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/app/console"
	"stipple/device/sim"
)

// countedExchange writes and reads nothing.
type countedExchange struct{ c *calls }

func (x countedExchange) ReadTable(context.Context, string, console.TableChoice, console.Told) (console.TablePreview, error) {
	x.c.call("ReadTable")
	return console.TablePreview{Path: "/list.csv"}, nil
}

func (x countedExchange) ImportTable(context.Context, console.TablePreview, console.Told) (console.ImportReport, error) {
	x.c.call("ImportTable")
	return console.ImportReport{Patients: 1}, nil
}

func (x countedExchange) SaveFaults(context.Context, console.TablePreview, string) error {
	x.c.call("SaveFaults")
	return nil
}

func (x countedExchange) ReadRoom(context.Context, string, string, console.Told) (console.RoomPreview, error) {
	x.c.call("ReadRoom")
	return console.RoomPreview{Path: "/room"}, nil
}

func (x countedExchange) ImportRoom(context.Context, console.RoomPreview, map[int]clinical.Decision, console.Told) (console.ImportReport, error) {
	x.c.call("ImportRoom")
	return console.ImportReport{Patients: 1}, nil
}

func (x countedExchange) WriteTable(_ context.Context, e console.TableExport, _ console.Told) (console.Exported, error) {
	x.c.call("WriteTable " + string(e.Kind))
	return console.Exported{Path: "/out.csv"}, nil
}

func (x countedExchange) WriteRoom(context.Context, console.RoomExport, console.Told) (console.Exported, error) {
	x.c.call("WriteRoom")
	return console.Exported{Code: "secret"}, nil
}

func exportKinds() []console.ExportKind {
	return []console.ExportKind{console.ExportPatients, console.ExportPresets, console.ExportTreatments, console.ExportSafety}
}

// exchangeUseCases bring patients in, and take them out.
func exchangeUseCases() []useCase {
	const in, out = clinical.PermitImportPatient, clinical.PermitExportPatient
	return []useCase{
		{method: "ReadTable", permit: in, says: byDone, call: func(w *walk) {
			w.b.desk.ReadTable("/list.csv", console.TableChoice{}, nil, func(p console.TablePreview, err error) { w.handed(p, err) })
		}, shows: called("ReadTable")},
		{method: "ImportTable", permit: in, says: byDone, call: func(w *walk) {
			w.b.desk.ImportTable(console.TablePreview{}, false, nil, func(r console.ImportReport, err error) { w.handed(r, err) })
		}, shows: called("ImportTable")},
		{method: "SaveFaults", permit: in, says: byDone, call: func(w *walk) { w.b.desk.SaveFaults(console.TablePreview{}, "/out.csv", w.done) }, shows: called("SaveFaults")},
		{method: "ReadRoom", permit: in, says: byDone, call: func(w *walk) {
			w.b.desk.ReadRoom("/room", "code", nil, func(p console.RoomPreview, err error) { w.handed(p, err) })
		}, shows: called("ReadRoom")},
		{method: "ImportRoom", permit: in, says: byDone, call: func(w *walk) {
			w.b.desk.ImportRoom(console.RoomPreview{}, nil, nil, func(r console.ImportReport, err error) { w.handed(r, err) })
		}, shows: called("ImportRoom")},
		{method: "ExportTable", permit: out, says: byDone, call: func(w *walk) { // safety records are for the same people
			for _, kind := range exportKinds() {
				w.b.desk.ExportTable(console.TableExport{Kind: kind, Reason: "asked"}, nil, func(e console.Exported, err error) { w.handed(e, err) })
				synctest.Wait() // one at a time
			}
		}, shows: func(v *console.View, w *walk) bool {
			return !slices.ContainsFunc(exportKinds(), func(k console.ExportKind) bool { return !called("WriteTable "+string(k))(v, w) })
		}},
		{method: "ExportRoom", permit: out, says: byDone, call: func(w *walk) {
			w.b.desk.ExportRoom(console.RoomExport{Reason: "asked"}, nil, func(e console.Exported, err error) { w.handed(e, err) })
		}, shows: called("WriteRoom")},
		{method: "CancelExchange", why: "who asked for it is told, and nothing more is written", call: func(w *walk) { w.b.desk.CancelExchange() }},
	}
}

// heldExchange goes on until it is cancelled.
type heldExchange struct{ countedExchange }

func (heldExchange) WriteRoom(ctx context.Context, _ console.RoomExport, _ console.Told) (console.Exported, error) {
	<-ctx.Done()
	return console.Exported{}, ctx.Err()
}

func argsOf(err error) []any {
	var a interface{ Args() []any }
	if errors.As(err, &a) {
		return a.Args()
	}
	return nil
}

func exchangeBench(t *testing.T, x console.Exchange) *bench {
	t.Helper()
	return newBenchFrom(t, sim.R1, true, func(*bench) {}, func(cfg *console.Config) { cfg.Exchange = x })
}

// One at a time; whoever asked is told that it was cancelled, and the next one never
// gets what the one before asked for.
func TestAnExchangeIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := exchangeBench(t, heldExchange{countedExchange{new(calls)}})
		defer b.stop()
		b.until("a clinician", func(v *console.View) bool { return v.Operator.Role == clinical.RoleClinician })
		told := make(chan string, 4)
		ask := func() {
			b.desk.ExportRoom(console.RoomExport{Reason: "asked"}, nil, func(_ console.Exported, err error) { told <- coded.Of(err) })
		}
		ask()
		ask()
		if got := <-told; got != "exchanging" {
			t.Error(got)
		}
		b.desk.CancelExchange()
		if got := <-told; got != "cancelled" {
			t.Error(got)
		}
		ask()
		synctest.Wait()
		b.work(clinical.RoleAdministrator)
		if got := <-told; got != "other_operator" {
			t.Error(got)
		}
		b.desk.CancelExchange() // there is none any more
	})
}

func TestAnExchangeThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(calls)
		b := exchangeBench(t, countedExchange{c})
		defer b.stop()
		b.until("a clinician", func(v *console.View) bool { return v.Operator.Role == clinical.RoleClinician })
		told := make(chan string, 1)
		report := func(r console.ImportReport, err error) {
			if err != nil && !reflect.DeepEqual(r, console.ImportReport{}) {
				t.Errorf("%+v beside %v", r, err)
			}
			told <- coded.Of(err)
		}
		file := func(_ console.Exported, err error) { told <- coded.Of(err) }
		for want, ask := range map[string]func(){
			"reason_missing": func() { b.desk.ExportTable(console.TableExport{Reason: " \n"}, nil, file) },
			"import_faulty":  func() { b.desk.ImportTable(console.TablePreview{Faulty: 1}, false, nil, report) },
			"import_unsettled": func() {
				b.desk.ImportTable(console.TablePreview{Needs: []console.TableNeed{{Kind: "date_order"}}}, true, nil, report)
			},
			"": func() { b.desk.ImportTable(console.TablePreview{Faulty: 1}, true, nil, report) },
		} {
			ask()
			if got := <-told; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		if got := c.take(); len(got) != 1 {
			t.Error(got)
		}
		b.desk.ImportTable(console.TablePreview{Faulty: 3}, false, nil, func(_ console.ImportReport, err error) {
			told <- fmt.Sprint(argsOf(err)...)
		})
		if got := <-told; got != "3" { // the sentence names how many
			t.Error(got)
		}
	})
}

// A table is one large write, for which the record of a treatment would have to wait.
func TestNoTableWhileTreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := exchangeBench(t, countedExchange{new(calls)})
		defer b.stop()
		b.applied()
		b.armed()
		told := make(chan string, 1)
		b.desk.ImportTable(console.TablePreview{}, false, nil, func(_ console.ImportReport, err error) { told <- coded.Of(err) })
		if got := <-told; got != "treating" {
			t.Error(got)
		}
	})
}

// slowExchange takes its time to store a table.
type slowExchange struct{ countedExchange }

func (slowExchange) ImportTable(ctx context.Context, _ console.TablePreview, _ console.Told) (console.ImportReport, error) {
	time.Sleep(6 * time.Second)
	return console.ImportReport{}, ctx.Err()
}

// While a table is stored nothing can be armed, and the view says so before anybody
// tries; once it is, or was cancelled, all is as before.
func TestNothingIsArmedWhileATableIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := exchangeBench(t, slowExchange{countedExchange{new(calls)}})
		defer b.stop()
		b.applied()
		v := b.until("reviewed", func(v *console.View) bool { return v.Arm.Review != nil && v.Arm.State == console.ArmReady })
		told := make(chan string, 1)
		b.desk.ImportTable(console.TablePreview{}, false, nil, func(_ console.ImportReport, err error) { told <- coded.Of(err) })
		b.until("that nothing can be armed", func(v *console.View) bool {
			return coded.Of(v.Held) == "importing" && v.Arm.State == console.ArmBlocked
		})
		b.desk.Arm(v.Arm.Shown)
		b.until("refused", func(v *console.View) bool { return coded.Of(v.Arm.Err) == "importing" })
		b.desk.CancelExchange()
		if got := <-told; got != "cancelled" {
			t.Error(got)
		}
		b.until("free", func(v *console.View) bool { return v.Held == nil })
		b.armed()
	})
}

// What an import has changed of the patient on the Treat page shows there.
func TestAnImportOfThePatientAtHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *bench
		x := changingExchange{countedExchange{new(calls)}, func() {
			p, err := b.store.Patient(t.Context(), b.patient("Ruiz"))
			if err == nil {
				p.GivenName = "Other"
				_, err = b.store.SavePatient(t.Context(), p)
			}
			if err != nil {
				t.Error(err)
			}
		}}
		b = exchangeBench(t, x)
		defer b.stop()
		b.until("a clinician", func(v *console.View) bool { return v.Operator.Role == clinical.RoleClinician })
		b.desk.ChoosePatient(b.patient("Ruiz"))
		b.until("the patient", func(v *console.View) bool { return v.Patient != nil })
		b.desk.ImportRoom(console.RoomPreview{}, nil, nil, func(console.ImportReport, error) {})
		b.until("as imported", func(v *console.View) bool { return v.Patient.GivenName == "Other" })
		time.Sleep(time.Second)
	})
}

type changingExchange struct {
	countedExchange
	change func()
}

func (x changingExchange) ImportRoom(context.Context, console.RoomPreview, map[int]clinical.Decision, console.Told) (console.ImportReport, error) {
	x.change()
	return console.ImportReport{Patients: 1}, nil
}
