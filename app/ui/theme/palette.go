package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
)

// Mode is one of the three looks.
type Mode int

// The modes. Dim is for a darkened treatment room: dark with the light taken
// out of surfaces and whites, while alarms and STOP stay what they are.
const (
	Dark Mode = iota
	Light
	Dim
)

// modes is the number of modes, for tables and tests.
const modes = 3

func (m Mode) String() string {
	switch m {
	case Light:
		return "light"
	case Dim:
		return "dim"
	}
	return "dark"
}

// row is a colour in the order of the modes: 0xRRGGBB, or 0xAARRGGBB for the
// few that let the page through.
type row [modes]uint32

// palette is the table of ui.md. Where it deviates, contrast asked for it:
// amber text on light grounds is 9E5C00, since B56A00 reaches only 4.2:1 on
// white; it stays the colour of bounds, which are marks. Red text on dark
// grounds is F4626A, since F0525A reaches 4.2:1 on a raised control.
func palette() map[fyne.ThemeColorName]row {
	return map[fyne.ThemeColorName]row{
		Background:    {0x0E151B, 0xEEF2F5, 0x070B0E},
		Panel:         {0x16212A, 0xFFFFFF, 0x0D1419},
		Raised:        {0x1D2B36, 0xF4F7F9, 0x141E25},
		Pressed:       {0x2C3D4A, 0xDDE5EA, 0x22303A},
		Line:          {0x2C3D4A, 0xCBD6DE, 0x22303A},
		Text:          {0xEAF1F6, 0x13212B, 0xB7C4CD},
		TextSecondary: {0x93A7B5, 0x54697A, 0x80929F},
		TextDisabled:  {0x728795, 0x738797, 0x5F717E},
		ChartGround:   {0x16212A, 0xFFFFFF, 0x0D1419},
		Cursor:        {0x93A7B5, 0x54697A, 0x647582},
		Scrim:         {0xB0070B0F, 0x8013212B, 0xB0030506},

		Accent:      {0x43C6B0, 0x0B7A6B, 0x349A89},
		OnAccent:    {0x04201B, 0xFFFFFF, 0x03130F},
		Armed:       {0x24464A, 0xCFE3E1, 0x152F31},
		OnArmed:     {0xDDF3EF, 0x13313A, 0xB7D3CE},
		Recommended: {0x2F8F80, 0x8FD3C8, 0x246D62},
		Allowed:     {0x3A4C59, 0xD5DEE5, 0x2B3944},
		Bound:       {0xF2B134, 0xB56A00, 0xC48E28},
		Medium:      {0xF2B134, 0xF2B134, 0xD39A2C},
		OnMedium:    {0x221500, 0x221500, 0x1A1000},
		MediumInk:   {0xF2B134, 0x9E5C00, 0xC48E28},
		High:        {0xD92D37, 0xC3202B, 0xC8252F},
		OnHigh:      {0xFFFFFF, 0xFFFFFF, 0xFFFFFF},
		HighPressed: {0x9E1820, 0x8D131C, 0x8D131C},
		HighInk:     {0xF4626A, 0xC3202B, 0xE5525A},
		Low:         {0x54C7EC, 0x0A6E94, 0x3F9BB9},
		OnLow:       {0x00202B, 0xFFFFFF, 0x00141B},
		LowInk:      {0x54C7EC, 0x0A6E94, 0x3F9BB9},
		Service:     {0xB69CFF, 0x5B43B8, 0x9079D0},
		OnService:   {0x170B3D, 0xFFFFFF, 0x0F0729},
		ServiceInk:  {0xB69CFF, 0x5B43B8, 0x9079D0},

		Simulated:       {0x5B43B8, 0x5B43B8, 0x453390},
		SimulatedStripe: {0x6A50CE, 0x6A50CE, 0x523DA6},
		OnSimulated:     {0xFFFFFF, 0xFFFFFF, 0xE4DEF8},
		Drawer:          {0x241B45, 0xECE8FA, 0x160F2D},
		DrawerStripe:    {0x2C2154, 0xE3DDF7, 0x1C1438},
		DrawerRaised:    {0x3D2C7C, 0xFBFAFF, 0x281D54},
		DrawerLine:      {0x6A50CE, 0x6A50CE, 0x4B3893},
		OnDrawer:        {0xEFEAFF, 0x25175C, 0xCBC3E6},
	}
}

// rgba turns a table entry into a colour.
func rgba(v uint32) color.NRGBA {
	a := uint8(v >> 24)
	if a == 0 {
		a = 0xFF
	}
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: a}
}
