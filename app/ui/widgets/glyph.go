package widgets

import (
	"fmt"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Icon is a drawing of the house set, on a square of 24 units. Each is its own
// outline, so that it is known without its colour.
type Icon string

// The icons of the navigation and of controls.
const (
	IconNone      Icon = ""
	IconTreat     Icon = "treat"
	IconPatients  Icon = "patients"
	IconCalibrate Icon = "calibrate"
	IconService   Icon = "service"
	IconClinic    Icon = "clinic"
	IconLock      Icon = "lock"
	IconSearch    Icon = "search"
	IconClose     Icon = "close"
	IconCheck     Icon = "check"
	IconDown      Icon = "down"
	IconUp        Icon = "up"
	IconRight     Icon = "right"
	IconMinus     Icon = "minus"
	IconPlus      Icon = "plus"
	IconWarning   Icon = "warning" // triangle with a mark: alarms
	IconInfo      Icon = "info"
	IconOutcome   Icon = "outcome" // a question mark: what is not known
	IconEye       Icon = "eye"     // shows what is hidden
	IconEyeOff    Icon = "eyeOff"  // hides it again
	IconErase     Icon = "erase"   // takes the last character back
	IconFolder    Icon = "folder"
	IconFile      Icon = "file"
	IconDrive     Icon = "drive" // a stick
)

// The marks that stand before a word: shape for those who don't see colour.
const (
	MarkDot      Icon = "dot"      // applied, information
	MarkTriangle Icon = "triangle" // not applied, out of tolerance
	MarkSquare   Icon = "square"   // refused, blocked
	MarkClock    Icon = "clock"    // stale
)

// The shapes of the states (ui.md).
const (
	shapeStandby      Icon = "standby"
	shapeReady        Icon = "ready"
	shapeTreating     Icon = "treating"
	shapeFault        Icon = "fault"
	shapeEStop        Icon = "estop"
	shapeService      Icon = "serviceState"
	shapeDisconnected Icon = "disconnected"
	shapeMonitor      Icon = "monitor"
	shapeUncertain    Icon = "uncertain"
	shapeOctagon      Icon = "octagon"
	shapeUp           Icon = "marker"
)

// drawing is the body of an icon's SVG; #C stands for its colour.
func drawing(i Icon) string {
	switch i {
	case IconTreat:
		return solid("M3 21 L5.5 15.5 L8.5 18.5 Z") + outline(2, "M3 21 L5.5 15.5 L8.5 18.5 Z", "M7 17 L13 11", "M11 8 L16 13 L18.5 10.5 L13.5 5.5 Z", "M16 8 L20.5 3.5", "M18.5 2.5 L21.5 5.5")
	case IconPatients:
		return outline(2, ring(12, 7.5, 4.5), "M3.5 22 C3.5 16.5 7.5 14.5 12 14.5 C16.5 14.5 20.5 16.5 20.5 22")
	case IconCalibrate:
		return outline(2, "M2.5 19 C2.5 11.5 7 7 12 7 C17 7 21.5 11.5 21.5 19", "M2.5 19 L21.5 19", "M12 18 L15.5 12")
	case IconService:
		return outline(2, "M3 5 L21 5", "M3 10 L15 10", "M3 15 L21 15", "M3 20 L11 20")
	case IconClinic:
		return outline(2, "M3.5 10 L12 3 L20.5 10 L20.5 21 L3.5 21 Z", "M9 21 L9 14 L15 14 L15 21")
	case IconLock:
		return outline(2, frame(4.5, 10.5, 15, 11, 2), "M8 10.5 L8 7 C8 1.5 16 1.5 16 7 L16 10.5")
	case IconSearch:
		return outline(2, ring(10.5, 10.5, 6.5), "M15.5 15.5 L21 21")
	case IconClose:
		return outline(2.4, "M5 5 L19 19", "M19 5 L5 19")
	case IconCheck:
		return outline(3.2, "M4 13 L10 19 L20 5")
	case IconDown:
		return `<path d="M4 7 L20 7 L12 18 Z" fill="#C"/>`
	case IconUp:
		return `<path d="M4 17 L20 17 L12 6 Z" fill="#C"/>`
	case IconRight:
		return `<path d="M7 4 L7 20 L18 12 Z" fill="#C"/>`
	case IconMinus:
		return `<rect x="3" y="10.4" width="18" height="3.2" rx="0.6" fill="#C"/>`
	case IconPlus:
		return `<path d="M10.4 4 L13.6 4 L13.6 10.4 L20 10.4 L20 13.6 L13.6 13.6 L13.6 20 L10.4 20 L10.4 13.6 L4 13.6 L4 10.4 L10.4 10.4 Z" fill="#C"/>`
	case IconWarning:
		return outline(2.2, "M12 3 L22.5 21 L1.5 21 Z", "M12 9.5 L12 14") + `<circle cx="12" cy="17.6" r="1.4" fill="#C"/>`
	case IconOutcome:
		return outline(2, ring(12, 12, 9.5), "M9 9.6 C9 5.6 15.2 5.7 15.2 9.5 C15.2 12 12 12 12 14.4") + `<circle cx="12" cy="17.4" r="1.4" fill="#C"/>`
	case IconEye, IconEyeOff:
		eye := outline(2, "M1.5 12 C5 6 8.5 4.5 12 4.5 C15.5 4.5 19 6 22.5 12 C19 18 15.5 19.5 12 19.5 C8.5 19.5 5 18 1.5 12 Z") + `<circle cx="12" cy="12" r="3.4" fill="#C"/>`
		if i == IconEyeOff {
			eye += outline(2, "M4 21 L20 3")
		}
		return eye
	case IconErase:
		return outline(2, "M8.5 5 L22 5 L22 19 L8.5 19 L2 12 Z", "M12 9 L18 15", "M18 9 L12 15")
	case IconFolder:
		return outline(2, "M2.5 5.5 L9 5.5 L11.5 8.5 L21.5 8.5 L21.5 19.5 L2.5 19.5 Z")
	case IconFile:
		return outline(2, "M5 2.5 L13.5 2.5 L19 8 L19 21.5 L5 21.5 Z", "M13.5 2.5 L13.5 8 L19 8")
	case IconDrive:
		return outline(2, frame(7, 8.5, 10, 13, 1), "M9 8.5 L9 2.5 L15 2.5 L15 8.5", "M12 13 L12 17")
	case IconInfo:
		return outline(2.2, ring(12, 12, 9.5), "M12 11 L12 17") + `<circle cx="12" cy="7.3" r="1.4" fill="#C"/>`
	}
	return shape(i)
}

// shape is the body of a mark's or a state's SVG.
func shape(i Icon) string {
	switch i {
	case MarkDot, shapeTreating:
		return `<circle cx="12" cy="12" r="9.5" fill="#C"/>`
	case MarkTriangle:
		return `<path d="M12 2 L23 22 L1 22 Z" fill="#C"/>`
	case MarkSquare, shapeStandby:
		return `<rect x="2.5" y="2.5" width="19" height="19" fill="#C"/>`
	case MarkClock:
		return outline(2.4, ring(12, 12, 9.5), "M12 6.5 L12 12 L16 14.5")
	case shapeReady:
		return outline(4.4, ring(12, 12, 8.5))
	case shapeFault:
		return outline(2.6, "M12 3 L22.5 21.5 L1.5 21.5 Z", "M12 9.5 L12 14.5") + `<circle cx="12" cy="18" r="1.5" fill="#C"/>`
	case shapeEStop:
		return outline(2.6, "M7.6 1.4 L16.4 1.4 L22.6 7.6 L22.6 16.4 L16.4 22.6 L7.6 22.6 L1.4 16.4 L1.4 7.6 Z") +
			`<rect x="6" y="10" width="12" height="4" fill="#C"/>`
	case shapeOctagon:
		return outline(2.2, "M7.6 1.4 L16.4 1.4 L22.6 7.6 L22.6 16.4 L16.4 22.6 L7.6 22.6 L1.4 16.4 L1.4 7.6 Z")
	case shapeService:
		return outline(3.2, frame(3, 3, 18, 18, 0), "M3.5 3.5 L20.5 20.5")
	case shapeDisconnected:
		return outline(3.2, "M1.6 15.5 L8 15.5 L10 8.5", "M14 15.5 L16 8.5 L22.4 8.5")
	case shapeMonitor:
		return outline(2.6, "M1.5 12 C5 6 8.5 4.5 12 4.5 C15.5 4.5 19 6 22.5 12 C19 18 15.5 19.5 12 19.5 C8.5 19.5 5 18 1.5 12 Z") + `<circle cx="12" cy="12" r="3.6" fill="#C"/>`
	case shapeUncertain:
		return outline(3.4, "M6.5 8 C6.5 0.8 17.5 0.8 17.5 7.4 C17.5 11.6 12 11.4 12 15.8") + `<circle cx="12" cy="21" r="2.2" fill="#C"/>`
	case shapeUp:
		return `<path d="M12 3 L23 21 L1 21 Z" fill="#C"/>`
	}
	return ""
}

// glyph shows an icon in a colour.
type glyph struct {
	*canvas.Image
	shown string
}

func newGlyph() *glyph {
	g := &glyph{Image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	g.Hide()
	return g
}

// set shows an icon in a colour; IconNone shows nothing.
func (g *glyph) set(i Icon, c color.Color) {
	if i == IconNone {
		g.shown = ""
		g.Hide()
		return
	}
	g.svg(string(i), c, func() string {
		return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">` + drawing(i) + `</svg>`
	})
}

// svg shows a drawing under a name that tells it from all others; #C stands for
// the colour. It is drawn only where it is not the one that is shown.
func (g *glyph) svg(name string, c color.Color, drawing func() string) {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	hex := fmt.Sprintf("#%02X%02X%02X", n.R, n.G, n.B)
	key := fmt.Sprintf("stipple-%s-%s-%d.svg", name, hex[1:], n.A)
	g.Show()
	if g.shown == key {
		return
	}
	g.shown = key
	g.Translucency = 1 - float64(n.A)/255
	g.Resource = fyne.NewStaticResource(key, []byte(strings.ReplaceAll(drawing(), "#C", hex)))
	g.Refresh()
}
