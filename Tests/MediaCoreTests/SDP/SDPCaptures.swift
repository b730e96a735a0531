import Foundation

/// The names of the captured descriptions.
enum SDPCaptures {
    static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "sdp").path)
            .filter { $0.hasSuffix(".sdp") }.sorted()
    }
}
