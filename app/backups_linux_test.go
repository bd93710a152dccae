package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/vault"
)

// fdOf is a file descriptor that gives a text, for a command to close.
func fdOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(f.Fd()))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(fd)
}

// commanded runs a command and returns what it printed.
func commanded(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := Command(name)(t.Context(), args, &out, &errs)
	return out.String(), err
}

// From a practice to a stick, a drill, a new computer, and what the audit chains say.
func TestBackupCommands(t *testing.T) {
	dir, stick, code := t.TempDir(), t.TempDir(), recoveryCode(t)
	d := doorAt(t, dir)
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: code})
	if err != nil {
		t.Fatal(err)
	}
	operatorsOf(t, d, e)
	as := func(who string) []string {
		return []string{"--data", dir, "--sign-in", who, "--passphrase-fd", fdOf(t, goodPassphrase)}
	}
	// Until there is an administrator, the senior clinician keeps the backups.
	said, err := commanded(t, BackupCommand, append(as("meyer"), "--to", stick)...)
	if err != nil || !strings.Contains(said, "written and read back") {
		t.Fatal(said, err)
	}
	made, err := filepath.Glob(filepath.Join(stick, "*"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	for _, who := range []string{"meyer", "admin"} {
		patients := who == "meyer"
		if !patients {
			added(t, d, who, clinical.RoleAdministrator)
		}
		said, err = commanded(t, DrillCommand, append(as(who), "--from", made[0])...)
		if err != nil || !strings.Contains(said, "all is as it was backed up") || patients == strings.Contains(said, "can't open patients") || strings.Contains(said, "erased") {
			t.Error(who, said, err)
		}
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	said, err = commanded(t, RestoreCommand, "--from", made[0], "--data", fresh, "--code-fd", fdOf(t, strings.ToLower(code)))
	if err != nil || !strings.Contains(said, "all is as it was backed up") || !strings.Contains(said, "whoever was erased after 20") {
		t.Error(said, err)
	}
	if _, err := commanded(t, RestoreCommand, "--from", made[0], "--data", fresh, "--code-fd", fdOf(t, code)); !errors.Is(err, backup.ErrNotEmpty) {
		t.Error(err)
	}
	for _, c := range []struct {
		dir  string
		want []audit.Action
	}{{dir, []audit.Action{audit.BackupMake, audit.BackupDrill, audit.BackupDrill}}, {fresh, []audit.Action{audit.BackupRestore}}} {
		if got := backupActions(t, c.dir); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.dir, got, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "stipple-drill-*")); len(left) > 0 {
		t.Error(left)
	}
}

// Each command asks for the role of who signed in, before it does anything.
func TestCommandsByRole(t *testing.T) {
	dir, stick, code := t.TempDir(), t.TempDir(), recoveryCode(t)
	d := doorAt(t, dir)
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: code})
	if err != nil {
		t.Fatal(err)
	}
	operatorsOf(t, d, e)
	roles := map[string]clinical.Role{
		"admin": clinical.RoleAdministrator, "clinician": clinical.RoleClinician,
		"technician": clinical.RoleTechnician, "engineer": clinical.RoleServiceEngineer,
	}
	for name, r := range roles {
		added(t, d, name, r)
	}
	roles["meyer"] = clinical.RoleSeniorClinician
	run := func(who, command string, args ...string) (string, error) {
		args = append(args, "--data", dir, "--sign-in", who, "--passphrase-fd", fdOf(t, goodPassphrase))
		return commanded(t, command, args...)
	}
	if said, err := run("admin", BackupCommand, "--to", stick); err != nil {
		t.Fatal(said, err)
	}
	made, err := filepath.Glob(filepath.Join(stick, "*"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	for who, role := range roles {
		for _, c := range []struct {
			command string
			permit  clinical.Permission
			args    []string
		}{
			{BackupCommand, clinical.PermitBackup, []string{"--to", t.TempDir()}},
			{DrillCommand, clinical.PermitBackup, []string{"--from", made[0]}},
			{VerifyAuditCommand, clinical.PermitAuditRead, nil},
		} {
			before := backupActions(t, dir)
			said, err := run(who, c.command, c.args...)
			if role.May(c.permit) {
				if err != nil || said == "" {
					t.Errorf("%s by %s: %v", c.command, who, err)
				}
				continue
			}
			var not *console.NotPermittedError
			if !errors.As(err, &not) || not.Permission != c.permit || not.Role != role || said != "" {
				t.Errorf("%s by %s: %q, %v", c.command, who, said, err)
			}
			if after := backupActions(t, dir); len(after) != len(before) {
				t.Errorf("%s by %s has done %v", c.command, who, after[len(before):])
			}
			if c.command == BackupCommand {
				if left, _ := filepath.Glob(filepath.Join(c.args[1], "*")); len(left) > 0 {
					t.Errorf("%s has left %v", who, left)
				}
			}
		}
	}
}

// added adds somebody to a practice, who holds what their role needs.
func added(t *testing.T, d *door, name string, r clinical.Role) {
	t.Helper()
	e, err := d.signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	id, err := store.NewID()
	if err == nil {
		err = d.slots.Add(e.keys, vault.Person{ID: id, SignIn: name, HoldsPatients: r.HoldsPatients()}, []byte(goodPassphrase))
	}
	s, opened := e.open(t.Context(), d.path)
	if err := errors.Join(err, opened); err != nil {
		t.Fatal(err)
	}
	_, err = s.AddOperator(t.Context(), clinical.Operator{ID: id, Name: name, Role: r})
	if err := errors.Join(err, s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
}

// backupActions are what the audit chain of a store says of backups.
func backupActions(t *testing.T, dir string) (found []audit.Action) {
	t.Helper()
	e, err := doorAt(t, dir).signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: e.keys})
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.AuditEntries(t.Context(), 1, 1000)
	if err := errors.Join(err, s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Subject.Kind == audit.SubjectBackup {
			found = append(found, a.Action)
		}
	}
	return found
}

// A file of another practice, one that is damaged, and arguments that are missing.
func TestBackupCommandsRefuse(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		name string
		args []string
		want error
	}{
		{BackupCommand, nil, ErrUsage},
		{BackupCommand, []string{"--to", none, "more"}, ErrUsage},
		{DrillCommand, nil, ErrUsage},
		{RestoreCommand, []string{"--from", none}, ErrUsage},
		{RestoreCommand, []string{"--from", none, "--data", none}, ErrUsage},
		{RestoreCommand, []string{"--from", none, "--data", none + "2", "--code-fd", fdOf(t, "no code")}, fs.ErrNotExist},
	} {
		if said, err := commanded(t, c.name, c.args...); !errors.Is(err, c.want) {
			t.Errorf("%s %v: %s %v, want %v", c.name, c.args, said, err, c.want)
		}
	}
	if _, err := os.Stat(none + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("left over:", err)
	}
}
