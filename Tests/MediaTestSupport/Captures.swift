public import Foundation

/// Files of real input that live beside the project and are not part of it.
public enum Captures {
    /// The folder, or nil when it is not there: tests that need it say so and skip.
    public static let folder: URL? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.deletingLastPathComponent().appending(path: "shared/captures")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// A file's bytes; nil when the folder is absent.
    public static func bytes(_ path: String) throws -> [UInt8]? {
        guard let folder else { return nil }
        return Array(try Data(contentsOf: folder.appending(path: path)))
    }
}
