extension LayerPreference {
    /// Throws `MediaEngineError.invalidPreference` for a value out of range.
    func validate() throws(MediaEngineError) {
        func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws(MediaEngineError) {
            guard let value, !range.contains(value) else { return }
            throw .invalidPreference("\(name) is \(value); it must be \(range.lowerBound) to \(range.upperBound)")
        }
        try check("spatialLayer", spatialLayer, 0...7)
        try check("temporalLayer", temporalLayer, 0...7)
        try check("maximumWidth", maximumWidth, 1...65_535)
        try check("maximumHeight", maximumHeight, 1...65_535)
        try check("maximumFrameRate", maximumFrameRate, 1...1000)
        try check("minimumSpatialLayer", minimumSpatialLayer, 0...7)
        try check("minimumHeight", minimumHeight, 1...65_535)
        try check("priority", priority, 1...100)
    }
}
