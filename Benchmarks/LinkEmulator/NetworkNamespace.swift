import Foundation

/// Network namespaces, by the program `ip`.
enum NetworkNamespace {
    /// Makes one that has its loopback.
    static func create(_ name: String) throws {
        try ip(["netns", "add", name])
        try ip(["-n", name, "link", "set", "lo", "up"])
    }

    /// Ends what runs in there, and removes it.
    static func remove(_ name: String) {
        // Until the last has gone: a program's processes may start another while they die.
        for _ in 0..<100 {
            let inside = (try? ip(["netns", "pids", name])) ?? ""
            let processes = inside.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
            if processes.isEmpty { break }
            for process in processes { kill(process, SIGKILL) }
            usleep(20_000)
        }
        _ = try? ip(["netns", "delete", name])
    }

    @discardableResult
    static func ip(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ip"] + words
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw EmulatedLink.Failure(reason: "ip \(words.joined(separator: " ")): \(text)")
        }
        return text
    }
}
