/// A picture of panels, one above the other, with a common axis of time.
struct Drawing {
    static let left = 70.0
    private static let width = 780.0
    private static let legend = 190.0
    private static let bottom = 640.0

    private let seconds: Double
    private var body = ""

    init(seconds: Double) {
        self.seconds = seconds
    }

    /// The mean of the last second.
    static func smooth(_ values: [Double]) -> [Double] {
        values.indices.map { index in
            let window = values[max(index - 4, 0)...index]
            return window.reduce(0, +) / Double(window.count)
        }
    }

    /// The share in the last second.
    static func share(_ parts: [Int], of wholes: [Int]) -> [Double] {
        parts.indices.map { index in
            let window = max(index - 4, 0)...index
            let whole = wholes[window].reduce(0, +)
            return whole > 0 ? Double(parts[window].reduce(0, +)) / Double(whole) : 0
        }
    }

    mutating func text(
        _ x: Double, _ y: Double, _ text: String, size: Int = 12, color: String = "#222", weight: String = "normal",
        anchor: String = "start"
    ) {
        body += Self.label(x, y, text, size: size, color: color, weight: weight, anchor: anchor)
    }

    private static func label(
        _ x: Double, _ y: Double, _ text: String, size: Int = 12, color: String = "#222", weight: String = "normal",
        anchor: String = "start"
    ) -> String {
        """
        <text x="\(round(x))" y="\(round(y))" font-size="\(size)" fill="\(color)" font-weight="\(weight)" \
        text-anchor="\(anchor)">\(text)</text>

        """
    }

    private static func round(_ value: Double) -> String { CongestionFigure.decimal(value, 1) }

    func panel(_ title: String, unit: String, top: Double, height: Double, maximum: Double) -> Panel {
        Panel(title: title, unit: unit, top: top, height: height, maximum: max(maximum, 0.001), seconds: seconds)
    }

    mutating func add(_ panel: Panel) { body += panel.svg }

    var svg: String {
        let total = Self.left + Self.width + Self.legend + 10
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(total))" height="\(Int(Self.bottom))" \
            viewBox="0 0 \(Int(total)) \(Int(Self.bottom))" font-family="sans-serif">
            <rect width="100%" height="100%" fill="white"/>
            \(body)\
            \(Self.label(Self.left + Self.width / 2, Self.bottom - 8, "time in seconds", color: "#444", anchor: "middle"))\
            </svg>

            """
    }

    /// One diagram.
    struct Panel {
        let title: String
        let unit: String
        let top: Double
        let height: Double
        let maximum: Double
        let seconds: Double
        private var lines = ""
        private var labels: [(text: String, color: String, dashes: String)] = []

        init(title: String, unit: String, top: Double, height: Double, maximum: Double, seconds: Double) {
            self.title = title
            self.unit = unit
            self.top = top
            self.height = height
            self.maximum = maximum
            self.seconds = seconds
        }

        private func x(_ at: Double) -> Double { Drawing.left + at / seconds * Drawing.width }

        private func y(_ value: Double) -> Double { top + height - min(max(value / maximum, 0), 1) * height }

        /// A value each 200 ms.
        mutating func line(
            _ values: [Double], color: String, width: Double, dashes: String = "", isStepped: Bool = false,
            label: String? = nil
        ) {
            var path = ""
            var isDown = false
            for (index, value) in values.enumerated() {
                guard value.isFinite else {
                    isDown = false
                    continue
                }
                let at = Double(index + (isStepped ? 0 : 1)) * 0.2
                path += "\(isDown ? "L" : "M")\(Drawing.round(x(at))) \(Drawing.round(y(value)))"
                if isStepped { path += "L\(Drawing.round(x(at + 0.2))) \(Drawing.round(y(value)))" }
                isDown = true
            }
            let dashed = dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\""
            lines += """
                <path d="\(path)" fill="none" stroke="\(color)" stroke-width="\(width)" stroke-linejoin="round"\(dashed)/>

                """
            if let label { labels.append((label, color, dashed)) }
        }

        /// A step that gives four to eight lines.
        private static func step(_ range: Double, lines: Double) -> Double {
            var step = 1.0
            while range / step > lines { step *= 10 }
            while range / step < lines / 10 { step /= 10 }
            for factor in [0.1, 0.2, 0.5, 1] where range / (step * factor) <= lines { return step * factor }
            return step
        }

        var svg: String {
            var svg = ""
            let right = Drawing.left + Drawing.width
            let rise = Self.step(maximum, lines: height > 150 ? 8 : 4)
            for line in 0...Int(maximum / rise) {
                let value = Double(line) * rise
                svg += """
                    <path d="M\(Drawing.left) \(Drawing.round(y(value)))H\(right)" stroke="#e4e4e4"/>
                    \(Drawing.label(
                        Drawing.left - 6, y(value) + 4, CongestionFigure.decimal(value, rise < 1 ? 1 : 0), size: 11,
                        color: "#444", anchor: "end"))
                    """
            }
            let stride = Self.step(seconds, lines: 14)
            for line in 0...Int(seconds / stride) {
                let at = x(Double(line) * stride)
                svg += """
                    <path d="M\(Drawing.round(at)) \(top)v\(height)" stroke="#efefef"/>
                    \(Drawing.label(
                        at, top + height + 15, CongestionFigure.decimal(Double(line) * stride, stride < 1 ? 1 : 0),
                        size: 11, color: "#444", anchor: "middle"))
                    """
            }
            svg += lines
            svg += """
                <path d="M\(Drawing.left) \(top)V\(top + height)H\(right)" fill="none" stroke="#444"/>
                \(Drawing.label(Drawing.left, top - 6, "\(title), \(unit)", weight: "bold"))
                """
            for (place, label) in labels.enumerated() {
                let middle = top + 8 + Double(place) * 17
                svg += """
                    <path d="M\(right + 12) \(Drawing.round(middle))h26" stroke="\(label.color)" stroke-width="2"\
                    \(label.dashes)/>
                    \(Drawing.label(right + 44, middle + 4, label.text, size: 11))
                    """
            }
            return svg
        }
    }
}
