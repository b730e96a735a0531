/// The square root of a positive, normal number, to the last digit or two; 0 for others. The standard library's calls
/// the platform's mathematics library, which who links nothing but this module does not link.
func root(of x: Double) -> Double {
    guard x.isNormal, x > 0 else { return 0 }
    let isOdd = x.exponent & 1 != 0
    let significand = isOdd ? 2 * x.significand : x.significand
    // From 1 to 4: five of Newton's steps are enough.
    var root = (1 + significand) / 2
    for _ in 0..<5 { root = (root + significand / root) / 2 }
    return Double(sign: .plus, exponent: (x.exponent - (isOdd ? 1 : 0)) / 2, significand: root)
}
