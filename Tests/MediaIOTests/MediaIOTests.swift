import Glibc
import MediaCore
import Testing

@testable import MediaIO

/// One test at a time: some of them count the process's threads and descriptors.
@Suite(.serialized) struct MediaIOTests {}

/// Waits until a condition holds; false when it does not within ten seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<5000 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return false
}

/// How many of the workers' threads the process has.
func mediaThreadCount() -> Int {
    names(in: "/proc/self/task").count { threadName("/proc/self/task/\($0)") == "sluice-media" }
}

/// A thread's name, from its folder in the process file system.
func threadName(_ folder: String) -> String? {
    guard let file = fopen("\(folder)/comm", "r") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 32)
    guard fgets(&text, 32, file) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func openDescriptorCount() -> Int { names(in: "/proc/self/fd").count }

private func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var result: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix(".") { result.append(name) }
    }
    return result
}
