import FoundationEssentials
import Glibc

/// What the kernel says of the server's process.
struct ServerProcess {
    let identifier: Int

    /// Processor time in nanoseconds.
    struct Time {
        /// In ticks of 10 ms, as /proc/PID/stat has it.
        var user = 0.0
        var system = 0.0
        /// The exact time on a processor of the threads that live: the sum that the kernel splits into the two above.
        var onProcessor = 0.0
    }

    var time: Time {
        var time = Time()
        // The name, in parentheses, may hold anything; the fields begin after it.
        if let text = read("/proc/\(identifier)/stat"), let end = text.lastIndex(of: ")") {
            let fields = text[end...].split(separator: " ")
            if fields.count > 13 {
                time.user = (Double(fields[12]) ?? 0) * 1e7
                time.system = (Double(fields[13]) ?? 0) * 1e7
            }
        }
        let folder = "/proc/\(identifier)/task"
        for task in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let text = read("\(folder)/\(task)/schedstat") else { continue }
            time.onProcessor += text.split(separator: " ").first.flatMap { Double($0) } ?? 0
        }
        return time
    }

    /// Resident and proportional memory in KiB.
    var memory: (resident: Double, proportional: Double) {
        var result = (0.0, 0.0)
        for line in (read("/proc/\(identifier)/smaps_rollup") ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 1, let value = Double(words[1]) else { continue }
            if words[0] == "Rss:" { result.0 = value }
            if words[0] == "Pss:" { result.1 = value }
        }
        return result
    }

    private func read(_ path: String) -> String? {
        // Files of /proc tell no size, so they are read to their end.
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
