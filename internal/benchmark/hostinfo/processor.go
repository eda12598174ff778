package hostinfo

// processor is the CPU's name from /proc/cpuinfo. Of an Arm CPU the file has only numbers.
func processor(cpuinfo string) string {
	for _, name := range []string{"model name", "cpu", "Model"} { // x86; POWER; some Arm boards
		if v := field(cpuinfo, name); v != "" {
			return v
		}
	}
	implementer, part := field(cpuinfo, "CPU implementer"), field(cpuinfo, "CPU part")
	if implementer == "" {
		return ""
	}
	if name := arm(implementer + " " + part); name != "" {
		return name
	}
	return "Arm implementer " + implementer + " part " + part
}

// arm names those that supercomputers and clouds have (MIDR_EL1; the numbers are in Linux's arch/arm64/include/asm/cputype.h).
func arm(number string) string {
	return map[string]string{
		"0x46 0x001": "Fujitsu A64FX",
		"0x41 0xd0c": "Arm Neoverse N1",
		"0x41 0xd40": "Arm Neoverse V1",
		"0x41 0xd49": "Arm Neoverse N2",
		"0x41 0xd4f": "Arm Neoverse V2",
		"0xc0 0xac3": "Ampere-1",
	}[number]
}
