package awake

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// platform are the services of this platform.
func platform() []part { return []part{keepExecuting, watchPower, watchLock} }

// Execution states (winbase.h).
const (
	esSystemRequired  = 0x00000001
	esDisplayRequired = 0x00000002
	esContinuous      = 0x80000000
)

// keepExecuting holds by the execution state of one thread, which ends with the
// thread, and so with the process.
func keepExecuting(ctx context.Context, _ Config, w wish) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	state := windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")
	if err := state.Find(); err != nil {
		return &UnavailableError{Service: "execution state", Cause: err}
	}
	defer func() { _, _, _ = state.Call(esContinuous) }() // the thread ends with what it held, at the latest
	for {
		flags := uintptr(esContinuous)
		if w.holds() {
			flags |= esSystemRequired | esDisplayRequired
		}
		if before, _, err := state.Call(flags); before == 0 {
			return &UnavailableError{Service: "execution state", Cause: err}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
		}
	}
}

// Words of the power manager (winuser.h), and how it shall tell them.
const (
	pbtSuspend         = 0x0004
	pbtResumeSuspend   = 0x0007
	pbtResumeAutomatic = 0x0012
	notifyByCallback   = 2
)

// subscription is DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS.
type subscription struct {
	callback uintptr
	context  uintptr
}

// watchPower is told of sleep by the power manager, on a thread of its own.
func watchPower(ctx context.Context, cfg Config, _ wish) error {
	power := windows.NewLazySystemDLL("powrprof.dll")
	register, unregister := power.NewProc("PowerRegisterSuspendResumeNotification"), power.NewProc("PowerUnregisterSuspendResumeNotification")
	if err := errors.Join(register.Find(), unregister.Find()); err != nil {
		return &UnavailableError{Service: "power manager", Cause: err}
	}
	told := make(chan Reason, signalQueue)
	sub := &subscription{callback: windows.NewCallback(func(_, word, _ uintptr) uintptr {
		reason := Woken
		switch word {
		case pbtSuspend:
			reason = Sleeping
		case pbtResumeSuspend, pbtResumeAutomatic:
		default:
			return 0
		}
		select {
		case told <- reason:
		default: // as many wait already: the desk has long fallen back
		}
		return 0
	})}
	var handle uintptr
	code, _, _ := register.Call(notifyByCallback, uintptr(unsafe.Pointer(sub)), uintptr(unsafe.Pointer(&handle)))
	if code != 0 {
		return &UnavailableError{Service: "power manager", Cause: windows.Errno(code)}
	}
	defer func() {
		_, _, _ = unregister.Call(handle)
		runtime.KeepAlive(sub)
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case reason := <-told:
			cfg.Away(reason)
		}
	}
}

// lockEvery is how often it is asked whether the session is locked. The window
// loses its focus at once; this is the second way.
const lockEvery = 500 * time.Millisecond

// Of the terminal services (wtsapi32.h, winbase.h).
const (
	wtsCurrentSession = 0xFFFFFFFF
	wtsSessionInfoEx  = 25
	wtsLocked         = 0
)

// sessionInfo is the beginning of WTSINFOEXW; the rest begins on 8 bytes.
type sessionInfo struct {
	level   uint32
	_       uint32
	session uint32
	state   uint32
	flags   int32
}

// watchLock asks whether the session is locked. It tells once for each lock.
func watchLock(ctx context.Context, cfg Config, _ wish) error {
	dll := windows.NewLazySystemDLL("wtsapi32.dll")
	query, free := dll.NewProc("WTSQuerySessionInformationW"), dll.NewProc("WTSFreeMemory")
	if err := errors.Join(query.Find(), free.Find()); err != nil {
		return &UnavailableError{Service: "session lock", Cause: err}
	}
	look := time.NewTicker(lockEvery)
	defer look.Stop()
	was := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		locked, err := sessionLocked(query, free)
		if err != nil {
			return &UnavailableError{Service: "session lock", Cause: err}
		}
		if locked && !was {
			cfg.Away(Locked)
		}
		was = locked
	}
}

func sessionLocked(query, free *windows.LazyProc) (bool, error) {
	var info *sessionInfo
	var size uint32
	ok, _, err := query.Call(0, wtsCurrentSession, wtsSessionInfoEx, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)))
	if ok == 0 {
		return false, err
	}
	defer func() { _, _, _ = free.Call(uintptr(unsafe.Pointer(info))) }()
	if info == nil || uintptr(size) < unsafe.Sizeof(*info) || info.level != 1 {
		return false, fmt.Errorf("session information of %d bytes is not of a known form", size)
	}
	return info.flags == wtsLocked, nil
}
