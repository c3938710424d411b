extension Int64 {
    /// The nearest whole number of ticks, between ±4 × 10¹⁸, so that two can be added; 0 for what is no finite number.
    package init(ticks value: Double) {
        self = value.isFinite ? Int64(Swift.min(Swift.max(value, -4e18), 4e18).rounded()) : 0
    }
}
