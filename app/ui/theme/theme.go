package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Scale is the size of text in per cent of the design.
type Scale int

// The text scales that the layout is tested at.
const (
	Scale100 Scale = 100
	Scale125 Scale = 125
	Scale150 Scale = 150
)

// Theme is one look at one text scale. It also answers to the toolkit's own
// names, so that its stock widgets match the house ones.
type Theme struct {
	mode   Mode
	scale  Scale
	colors map[fyne.ThemeColorName]color.NRGBA
	fonts  fyne.Theme
}

var _ fyne.Theme = (*Theme)(nil)

// New returns the theme of a mode at a text scale. A scale that is none of
// the three counts as 100 %.
func New(mode Mode, scale Scale) *Theme {
	if scale != Scale125 && scale != Scale150 {
		scale = Scale100
	}
	if mode < 0 || mode >= modes {
		mode = Dark
	}
	t := &Theme{mode: mode, scale: scale, fonts: fynetheme.DefaultTheme()}
	rows := palette()
	t.colors = make(map[fyne.ThemeColorName]color.NRGBA, len(rows)+len(stock()))
	for name, r := range rows {
		t.colors[name] = rgba(r[mode])
	}
	for name, own := range stock() {
		t.colors[name] = t.colors[own]
	}
	t.colors[fynetheme.ColorNameHover] = color.NRGBA{R: 0x80, G: 0x98, B: 0xA8, A: 0x1A}
	t.colors[fynetheme.ColorNamePressed] = color.NRGBA{R: 0x80, G: 0x98, B: 0xA8, A: 0x33}
	t.colors[fynetheme.ColorNameShadow] = color.NRGBA{A: 0x40}
	t.colors[fynetheme.ColorNameScrollBarBackground] = color.NRGBA{}
	t.colors[fynetheme.ColorNameSelection] = withAlpha(t.colors[Accent], 0x55)
	return t
}

// Mode says which look this is.
func (t *Theme) Mode() Mode { return t.mode }

// Scale is the text scale in per cent.
func (t *Theme) Scale() Scale { return t.scale }

// Color returns the colour of a name. The system's light or dark preference
// is not consulted: the operator chose a mode.
func (t *Theme) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if c, ok := t.colors[name]; ok {
		return c
	}
	return t.fonts.Color(name, t.variant())
}

// Font returns Noto Sans, whose figures are tabular, in the style.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource { return t.fonts.Font(style) }

// Icon returns the toolkit's own icon.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return t.fonts.Icon(name) }

// Size returns a size in device-independent pixels. Only type grows with the
// text scale, and of it not the set value, which is read from 1 m as it is.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if name == SizeSetValue {
		return setValueSize
	}
	if s, ok := typeSize(name); ok {
		return s * float32(t.scale) / 100
	}
	switch name {
	case fynetheme.SizeNameInputRadius, fynetheme.SizeNameSelectionRadius:
		return ControlRadius
	case fynetheme.SizeNameInputBorder:
		return 1.5
	case fynetheme.SizeNamePadding:
		return Gap
	case fynetheme.SizeNameInnerPadding:
		return innerPadding
	case fynetheme.SizeNameScrollBar:
		return 12
	case fynetheme.SizeNameScrollBarSmall:
		return 4
	}
	return t.fonts.Size(name)
}

// innerPadding makes a stock text field as high as a touch target.
const innerPadding = 11.5

// setValueSize is the size of a set value at every text scale.
const setValueSize = 50

// BaseSize is the size of a name of type at a text scale of 100 %; 0 where the
// name is none of type.
func BaseSize(name fyne.ThemeSizeName) float32 {
	if name == SizeSetValue {
		return setValueSize
	}
	s, _ := typeSize(name)
	return s
}

// typeSize is the size of a name of type at 100 %.
func typeSize(name fyne.ThemeSizeName) (float32, bool) {
	switch name {
	case SizeLive, fynetheme.SizeNameHeadingText:
		return 21, true
	case SizeBody, fynetheme.SizeNameText, fynetheme.SizeNameSubHeadingText:
		return 15, true
	case SizeLabel, fynetheme.SizeNameCaptionText:
		return 13, true
	}
	return 0, false
}

func (t *Theme) variant() fyne.ThemeVariant {
	if t.mode == Light {
		return fynetheme.VariantLight
	}
	return fynetheme.VariantDark
}

// stock maps the toolkit's colour names to the house's.
func stock() map[fyne.ThemeColorName]fyne.ThemeColorName {
	return map[fyne.ThemeColorName]fyne.ThemeColorName{
		fynetheme.ColorNameBackground:          Background,
		fynetheme.ColorNameForeground:          Text,
		fynetheme.ColorNamePlaceHolder:         TextSecondary,
		fynetheme.ColorNameDisabled:            TextDisabled,
		fynetheme.ColorNameButton:              Raised,
		fynetheme.ColorNameDisabledButton:      Panel,
		fynetheme.ColorNameInputBackground:     Raised,
		fynetheme.ColorNameInputBorder:         Line,
		fynetheme.ColorNamePrimary:             Accent,
		fynetheme.ColorNameFocus:               Accent,
		fynetheme.ColorNameForegroundOnPrimary: OnAccent,
		fynetheme.ColorNameHyperlink:           LowInk,
		fynetheme.ColorNameError:               HighInk,
		fynetheme.ColorNameForegroundOnError:   OnHigh,
		fynetheme.ColorNameWarning:             MediumInk,
		fynetheme.ColorNameForegroundOnWarning: OnMedium,
		fynetheme.ColorNameSuccess:             Accent,
		fynetheme.ColorNameForegroundOnSuccess: OnAccent,
		fynetheme.ColorNameSeparator:           Line,
		fynetheme.ColorNameHeaderBackground:    Panel,
		fynetheme.ColorNameMenuBackground:      Panel,
		fynetheme.ColorNameOverlayBackground:   Panel,
		fynetheme.ColorNameScrollBar:           TextDisabled,
	}
}

func withAlpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}
