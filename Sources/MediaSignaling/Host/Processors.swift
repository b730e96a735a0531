import FoundationEssentials

/// The processors that this process may run on.
enum Processors {
    /// How many there are, at least 1: those that `taskset` or a container's set leaves, not all of the machine's.
    static var usableCount: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return allowedCount(status) ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Counts the bits of the mask `Cpus_allowed` of a process's status; nil when there is none.
    static func allowedCount(_ status: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
        return count > 0 ? count : nil
    }
}
