package theme

import "fyne.io/fyne/v2"

// The surfaces and inks.
const (
	Background    fyne.ThemeColorName = "stipple.background" // the page
	Panel         fyne.ThemeColorName = "stipple.panel"      // cards, strip, navigation
	Raised        fyne.ThemeColorName = "stipple.raised"     // controls
	Pressed       fyne.ThemeColorName = "stipple.pressed"    // a control under a finger
	Line          fyne.ThemeColorName = "stipple.line"
	Text          fyne.ThemeColorName = "stipple.text"
	TextSecondary fyne.ThemeColorName = "stipple.textSecondary"
	TextDisabled  fyne.ThemeColorName = "stipple.textDisabled"
	ChartGround   fyne.ThemeColorName = "stipple.chartGround"
	Cursor        fyne.ThemeColorName = "stipple.cursor" // the sweep cursor of a chart
	Scrim         fyne.ThemeColorName = "stipple.scrim"  // over the page while the house layer is open
)

// The states, ranges and alarms. An "On" colour is for text on the colour of
// the same name.
const (
	Accent      fyne.ThemeColorName = "stipple.accent" // ready, applied, measured in tolerance
	OnAccent    fyne.ThemeColorName = "stipple.onAccent"
	Armed       fyne.ThemeColorName = "stipple.armed" // the ground of an armed control
	OnArmed     fyne.ThemeColorName = "stipple.onArmed"
	Recommended fyne.ThemeColorName = "stipple.recommended"
	Allowed     fyne.ThemeColorName = "stipple.allowed"
	Bound       fyne.ThemeColorName = "stipple.bound"  // the mark of a binding bound
	Medium      fyne.ThemeColorName = "stipple.medium" // the bar of a medium alarm
	OnMedium    fyne.ThemeColorName = "stipple.onMedium"
	MediumInk   fyne.ThemeColorName = "stipple.mediumInk"
	High        fyne.ThemeColorName = "stipple.high" // the bar of a high alarm, STOP
	OnHigh      fyne.ThemeColorName = "stipple.onHigh"
	HighPressed fyne.ThemeColorName = "stipple.highPressed" // STOP under a finger
	HighInk     fyne.ThemeColorName = "stipple.highInk"
	Low         fyne.ThemeColorName = "stipple.low" // the bar of a low alarm
	OnLow       fyne.ThemeColorName = "stipple.onLow"
	LowInk      fyne.ThemeColorName = "stipple.lowInk"
	Service     fyne.ThemeColorName = "stipple.service"
	OnService   fyne.ThemeColorName = "stipple.onService"
	ServiceInk  fyne.ThemeColorName = "stipple.serviceInk"
)

// What is simulated: a hatched ground of two colours that both carry the same
// text, for the badge in the strip and for the simulated handpiece.
const (
	Simulated       fyne.ThemeColorName = "stipple.simulated"
	SimulatedStripe fyne.ThemeColorName = "stipple.simulatedStripe"
	OnSimulated     fyne.ThemeColorName = "stipple.onSimulated"
	Drawer          fyne.ThemeColorName = "stipple.drawer"
	DrawerStripe    fyne.ThemeColorName = "stipple.drawerStripe"
	DrawerRaised    fyne.ThemeColorName = "stipple.drawerRaised"
	DrawerLine      fyne.ThemeColorName = "stipple.drawerLine"
	OnDrawer        fyne.ThemeColorName = "stipple.onDrawer"
)

// The sizes of type, in device-independent pixels before the text scale.
const (
	SizeSetValue fyne.ThemeSizeName = "stipple.setValue" // 50 bold: a set value
	SizeLive     fyne.ThemeSizeName = "stipple.live"     // 21 bold: a live value, a page's subject
	SizeBody     fyne.ThemeSizeName = "stipple.body"     // 15
	SizeLabel    fyne.ThemeSizeName = "stipple.label"    // 13
)

// Fixed measures of the layout in device-independent pixels (ui.md). Text
// scale does not move them, so that no control shifts under a finger.
const (
	StripHeight float32 = 52
	NavWidth    float32 = 92
	LiveWidth   float32 = 298
	StopWidth   float32 = 262
	StopHeight  float32 = 112
	// BannerHeight is reserved above every page that can show an alarm.
	BannerHeight float32 = 44
	CardRadius   float32 = 10
	// ControlRadius rounds buttons and fields.
	ControlRadius float32 = 8
	// Gap is the step of spacing: everything stands on multiples of it.
	Gap float32 = 4
	// Touch is the least side of a touch target: 9 mm on a 13" panel with
	// 1366 pixels across 294 mm, that is 4.65 pixels for each millimetre.
	Touch float32 = 44
	// TouchFar is the least side of a control used at arm's length: 12 mm.
	TouchFar float32 = 56
)
