package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// bootLimit is how long a pen may take from the commit to its final word: two
// boots with their self-tests, and being found again.
const bootLimit = 2 * time.Minute

// uploadEvery is how often an upload's progress is printed with --json.
const uploadEvery = time.Second

// firmwareShape is how far an update has come.
type firmwareShape struct {
	Type        string  `json:"type"` // "firmware"
	Serial      string  `json:"serial"`
	Phase       string  `json:"phase"`        // IDLE, RECEIVING, WHOLE, VERIFIED, TENTATIVE
	Code        string  `json:"code"`         // why the newest update came to nothing; OK
	LengthBytes uint32  `json:"length_bytes"` // of the package; 0: none
	HaveBytes   uint32  `json:"have_bytes"`   // of it, on the pen
	SHA256      *string `json:"sha256"`       // of the package
	Running     string  `json:"running"`      // version
	Minimum     string  `json:"minimum"`      // nothing older is taken
	Staged      *string `json:"staged"`       // of the package, once verified
}

// uploadShape is how far an upload is: when it begins, and once a second.
type uploadShape struct {
	Type        string `json:"type"` // "upload"
	Serial      string `json:"serial"`
	LengthBytes int    `json:"length_bytes"` // of the package
	HaveBytes   int    `json:"have_bytes"`   // of it, on the pen
}

func firmwareCommand() command {
	return command{
		name: "firmware", group: groupService, args: "upload FILE [--stage] --role R | abort --role R | state  [--port P] [--json]",
		does: "updates a pen's firmware with a package that its maker signed. upload goes on where it was cut,\n" +
			"has the pen check the package, and then boots it: the pen keeps it if its self-test passes, and\n" +
			"goes back if not. Ctrl-C before that changes nothing; what was sent is kept for the next upload",
		words: []string{"upload", "abort", "state"},
		examples: []string{
			"penctl firmware state --port /tmp/pen --json",
			"penctl firmware upload pen-1.2.0.stfw --port /tmp/pen --role service_engineer",
			"penctl firmware upload pen-1.2.0.stfw --port /tmp/pen --role service_engineer --stage   (send and check it only)",
			"penctl firmware abort --port /tmp/pen --role service_engineer",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			stage := fs.Bool("stage", false, "with upload: send the package and have it checked, and do not boot it")
			return func(ctx context.Context, c console, words []string) error {
				if len(words) == 0 {
					return usageError("firmware: want upload, abort or state")
				}
				do, rest := words[0], words[1:]
				switch do {
				case "state":
					if err := noWords(rest); err != nil {
						return err
					}
					return c.firmwareState(ctx, *port)
				case "abort":
					return c.abortFirmware(ctx, *port, *role, rest)
				case "upload":
					if len(rest) == 0 {
						return usageError("firmware upload: want the file of the package")
					}
					if err := noWords(rest[1:]); err != nil {
						return err
					}
					as, err := roleFor(*role, protocol.TypeFirmwareBegin)
					if err != nil {
						return err
					}
					return c.uploadFirmware(ctx, *port, as, rest[0], *stage)
				}
				return usageError("firmware has no %q; it has upload, abort and state", do)
			}
		},
	}
}

func (c console) firmwareState(ctx context.Context, port string) error {
	s, err := c.openAs(ctx, port, protocol.RoleNone)
	if err != nil {
		return err
	}
	st, err := s.FirmwareState(ctx)
	if err == nil {
		err = c.printFirmware(s.Info().Serial, st)
	}
	return closeAfter(s, err)
}

func (c console) abortFirmware(ctx context.Context, port, role string, rest []string) error {
	if err := noWords(rest); err != nil {
		return err
	}
	as, err := roleFor(role, protocol.TypeFirmwareAbort)
	if err != nil {
		return err
	}
	s, err := c.openAs(ctx, port, as)
	if err != nil {
		return err
	}
	if err = s.AbortFirmware(ctx); err == nil {
		var st protocol.FirmwareState
		if st, err = s.FirmwareState(ctx); err == nil {
			err = c.printFirmware(s.Info().Serial, st)
		}
	}
	return closeAfter(s, err)
}

// uploadFirmware sends a package, has it checked, and unless only that was asked
// for, boots it and waits for the pen's final word.
func (c console) uploadFirmware(ctx context.Context, path string, role protocol.Role, name string, stage bool) error {
	pkg, err := readPackage(name)
	if err != nil {
		return err
	}
	s, err := c.openAs(ctx, path, role)
	if err != nil {
		return err
	}
	info := s.Info()
	bar := c.progress()
	var printed error
	var next time.Time
	err = s.UploadFirmware(ctx, pkg, func(have, all int) {
		if now := time.Now(); c.json && printed == nil && !now.Before(next) {
			next = now.Add(uploadEvery)
			printed = c.print(uploadShape{Type: "upload", Serial: info.Serial, LengthBytes: all, HaveBytes: have})
		}
		bar.show(int64(have), int64(all), "%s of %s", size(int64(have)), size(int64(all)))
	})
	bar.end()
	err = errors.Join(err, printed)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return closeAfter(s, c.interrupted(s))
	}
	var st protocol.FirmwareState
	if err == nil {
		st, err = s.VerifyFirmware(ctx, pkg)
		var refused *device.RefusedError
		if errors.As(err, &refused) {
			err = &failure{
				exit: exitRefused, cause: err,
				text: fmt.Sprintf("%v: %s is no package for this pen; penctl firmware abort has the pen drop it", err, name),
			}
		}
	}
	if err == nil {
		err = c.printFirmware(info.Serial, st)
	}
	if err != nil || stage {
		return closeAfter(s, err)
	}
	err = s.CommitFirmware(ctx, pkg)
	if err != nil && !errors.Is(err, device.ErrUncertain) {
		return closeAfter(s, err)
	}
	// Whether it was carried out is seen by what the pen runs next.
	if closing := s.Close(); closing != nil {
		return closing
	}
	return c.awaitFirmware(ctx, path, info, st.Staged)
}

// readPackage reads a file that may be a package; the pen judges it.
func readPackage(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, &failure{exit: exitRefused, text: err.Error(), cause: err}
	}
	pkg, err := io.ReadAll(io.LimitReader(file, protocol.MaxFirmware+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	if len(pkg) == 0 || len(pkg) > protocol.MaxFirmware {
		return nil, &failure{exit: exitRefused, text: fmt.Sprintf("%s: %d bytes; a package has 1 to %d", name, len(pkg), protocol.MaxFirmware)}
	}
	return pkg, nil
}

// interrupted says how far an upload was when Ctrl-C came, which is no error.
func (c console) interrupted(s *device.Session) error {
	ctx, cancel := context.WithTimeout(context.Background(), outputGrace)
	defer cancel()
	st, err := s.FirmwareState(ctx)
	if err != nil {
		return err
	}
	return c.printFirmware(s.Info().Serial, st)
}

// awaitFirmware finds the pen again, as often as it boots, and shows its final
// word.
func (c console) awaitFirmware(ctx context.Context, path string, before device.Info, wanted protocol.Version) error {
	limited, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	find := c.ports.pens
	if path != "" {
		find = c.ports.named(path)
	}
	sup := device.NewSupervisor(device.SupervisorConfig{
		Find: find, Named: path != "",
		Open: func(_ context.Context, p device.Port) (io.ReadWriteCloser, error) { return c.ports.open(p) },
	})
	var st protocol.FirmwareState
	err := runAll(limited, sup.Run, func(ctx context.Context) (err error) {
		st, err = sup.AwaitFirmware(ctx, before.Serial, before.Boot, wanted)
		return err
	})
	if ctx.Err() != nil { // Ctrl-C: the pen goes its way all the same
		return nil
	}
	var back *device.FirmwareError
	if err == nil || errors.As(err, &back) {
		err = errors.Join(c.printFirmware(before.Serial, st), err)
	}
	return err
}

func (c console) printFirmware(serial string, st protocol.FirmwareState) error {
	shape := firmwareShape{
		Type: "firmware", Serial: serial, Phase: st.Phase.String(), Code: st.Code.String(), LengthBytes: st.Length, HaveBytes: st.Next,
		Running: st.Running.String(), Minimum: st.Minimum.String(),
	}
	if st.Length > 0 {
		sum := fmt.Sprintf("%x", st.SHA256)
		shape.SHA256 = &sum
	}
	if st.Staged != (protocol.Version{}) {
		staged := st.Staged.String()
		shape.Staged = &staged
	}
	if c.json {
		return c.print(shape)
	}
	text := fmt.Sprintf("pen %s runs %s, takes nothing older than %s; update %s", serial, shape.Running, shape.Minimum, shape.Phase)
	if st.Length > 0 {
		text += fmt.Sprintf(", %s of %s", size(int64(st.Next)), size(int64(st.Length)))
	}
	if shape.Staged != nil {
		text += ", version " + *shape.Staged
	}
	if st.Code != protocol.CodeOK {
		text += "; the last one came to nothing: " + shape.Code
	}
	return c.line("%s", text)
}
