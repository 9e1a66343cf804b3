/** What the shop says, in both languages. */
export type Language = "ko" | "en";

const ko = {
  shop: "하루다방",
  lead: "차 한 잔의 하루",
  welcome: (name: string) => `${name}님의 하루`,
  description: "산지에서 바로 온 차와, 손으로 빚은 찻그릇을 팝니다.",
  cart: "장바구니",
  orders: "주문 내역",
  account: "내 정보",
  signIn: "로그인",
  policy: "개인정보 처리 안내",
  quantity: "수량",
  intoCart: "장바구니에 담기",
  reviews: "후기",
  noReviews: "아직 후기가 없습니다.",
  rating: "별점",
  stars: (stars: number) => `별 ${stars}개`,
  review: "한마디",
  sendReview: "후기 남기기",
  emptyCart: "장바구니가 비어 있습니다.",
  look: "상품 보러 가기",
  total: "합계",
  address: "배송지 주소",
  pay: (price: string) => `${price} 결제하기`,
  noOrders: "아직 주문하신 상품이 없습니다.",
};

const en: typeof ko = {
  shop: "Haru Tea",
  lead: "A day is a cup of tea",
  welcome: (name) => `Your day, ${name}`,
  description: "Tea straight from where it grows, and cups made by hand.",
  cart: "Cart",
  orders: "Orders",
  account: "My page",
  signIn: "Sign in",
  policy: "How we handle personal data",
  quantity: "Quantity",
  intoCart: "Add to cart",
  reviews: "Reviews",
  noReviews: "No reviews yet.",
  rating: "Rating",
  stars: (stars) => `${stars} of 5 stars`,
  review: "Your review",
  sendReview: "Send the review",
  emptyCart: "Your cart is empty.",
  look: "Look around",
  total: "Total",
  address: "Address",
  pay: (price) => `Pay ${price}`,
  noOrders: "You have not ordered anything yet.",
};

export const words = { ko, en };

/** The products, whose Korean title is also in the table. */
export const products: Record<string, Record<Language, { title: string; about: string }>> = {
  tea: {
    ko: {
      title: "우전 녹차",
      about: "곡우 전에 딴 첫 잎. 70도 물에 2분 우리면 가장 답니다. 50 g.",
    },
    en: {
      title: "Ujeon green tea",
      about: "The first leaves of spring. Sweetest after two minutes at 70 °C. 50 g.",
    },
  },
  cup: {
    ko: {
      title: "백자 찻잔",
      about: "이천에서 물레로 빚은 잔. 뜨거운 차를 담아도 손이 편합니다. 120 ml.",
    },
    en: {
      title: "White porcelain cup",
      about: "Thrown on a wheel in Icheon. Easy to hold, also when the tea is hot. 120 ml.",
    },
  },
  tray: {
    ko: { title: "호두나무 쟁반", about: "통나무를 깎고 기름으로 마감했습니다. 32 × 20 cm." },
    en: { title: "Walnut tray", about: "Carved from one piece and finished with oil. 32 × 20 cm." },
  },
};
