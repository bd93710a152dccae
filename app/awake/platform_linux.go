package awake

// platform are the services of this platform.
func platform() []part { return []part{keepLogin, keepScreen} }
