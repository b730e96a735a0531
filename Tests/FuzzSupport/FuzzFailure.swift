/// A property that an input was found to break.
package struct FuzzFailure: Error, CustomStringConvertible {
    /// What was expected.
    package let description: String
}

/// Throws unless a property holds.
func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(FuzzFailure) {
    guard condition else { throw FuzzFailure(description: text()) }
}

/// Runs one input that libFuzzer hands over, and ends the process when it breaks a property: so the fuzzer keeps it.
package func runFuzzer(
    _ start: UnsafePointer<UInt8>?, _ count: Int, _ body: (RawSpan) throws(FuzzFailure) -> Void
) -> CInt {
    do throws(FuzzFailure) {
        try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: count)))
    } catch {
        fatalError(error.description)
    }
    return 0
}
