"""What recordings say: sizes and concentrations with intervals, repeatability, linearity, quality, checklists."""
